// SPDX-License-Identifier: MIT
#include "search.hpp"

#include <cmath>
#include <limits>
#include <utility>

#include "eigensweep/attacks/objective.hpp"
#include "eigensweep/models/numerics/verdict.hpp"

namespace eigensweep::attacks {
namespace {

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

Tensor for_lanes(const Tensor& numbers, std::int64_t lanes) {
  std::vector<std::int64_t> sizes = numbers.sizes().vec();
  sizes.insert(sizes.begin(), lanes);
  return numbers.expand(sizes);
}

Tensor logits_at(const Problem& problem, const Tensor& x) {
  return problem.model.forward(models::Inputs::per_lane(x), models::Mode::evaluate).logits;
}

Tensor are_wrong(const Tensor& logits, const Tensor& labels) { return models::is_right(logits, labels).logical_not_(); }

}  // namespace

Search::Search(const Problem& problem, const Region& region, std::vector<double> radii)
    : problem_(problem),
      region_(region),
      radii_(torch::tensor(radii, torch::kFloat64).to(problem.inputs.device())),
      targets_(torch::cat({torch::zeros({1}, radii_.options()), radii_})),
      centre_(features_first(for_lanes(problem.inputs, problem.model.lanes()))),
      labels_(for_lanes(problem.labels, problem.model.lanes())),
      clean_logits_(logits_at(problem, centre_)),
      nearest_(centre_.clone()),
      last_(centre_.clone()),
      dead_(torch::zeros(labels_.sizes(), torch::TensorOptions(problem.inputs.device()).dtype(torch::kBool))),
      gradients_(torch::zeros({problem.model.lanes()}, radii_.options())),
      finite_(clean_logits_.isfinite().flatten(1).all(1)) {
  const Tensor wrong = are_wrong(clean_logits_, labels_);
  distance_ = torch::full(wrong.sizes(), infinity, radii_.options()).masked_fill_(wrong, 0);
  finder_ = wrong.to(torch::kInt64) * static_cast<std::int64_t>(Finder::nothing);
  progress_ = torch::full_like(distance_, no_number);
  out_of_reach_ = torch::zeros_like(wrong);
}

void Search::try_grey() {
  const double middle = (problem_.lower + problem_.upper) / 2;
  if (!std::isfinite(middle)) return;  // inputs without bounds
  const std::int64_t lanes = problem_.model.lanes(), inputs = centre_.size(2);
  const Tensor grey = torch::full({lanes, 1, inputs}, middle, centre_.options());
  const Tensor logits = logits_at(problem_, grey).expand({-1, -1, centre_.size(1)});
  const Tensor distance = region_.distance(grey, centre_);
  const Tensor nearer = are_wrong(logits, labels_).logical_and_(distance < distance_);
  distance_ = torch::where(nearer, distance, distance_);
  finder_.masked_fill_(nearer, static_cast<std::int64_t>(Finder::grey));
  progress_.masked_fill_(nearer, no_number);
  nearest_ = torch::where(nearer.unsqueeze(-1), grey, nearest_);
}

void Search::try_fast_gradient() {
  const Slope start = steepest_slope(problem_.model, centre_, Objective::log_odds, labels_);
  const auto all = torch::arange(centre_.size(1), finder_.options()).expand_as(finder_);
  static_cast<void>(count(largest_entry(start.gradient), torch::ones_like(dead_)));
  const Tensor direction = region_.direction(start.gradient);
  for (std::int64_t i = radii_.size(0); i-- > 0;) {
    const double radius = radii_[i].item<double>();
    const Tensor radii = torch::full(labels_.sizes(), radius, radii_.options());
    const Tensor x = region_.project(centre_ + radius * direction, centre_, radii.to(centre_.scalar_type()));
    note(x, all, are_wrong(logits_at(problem_, x), labels_), radii, Finder::fast_gradient);
  }
}

Tensor Search::are_open() const { return (target_of_all() > 0).logical_and(finite_.unsqueeze(1)); }

std::int64_t Search::remaining() const {
  const Tensor open = are_open();
  return open.numel() == 0 ? 0 : open.sum(1).max().item<std::int64_t>();
}

std::pair<Tensor, Tensor> Search::open_samples() const {
  const Tensor open = are_open();
  const Tensor samples = active_first(open, remaining());
  return {samples, open.gather(1, samples)};
}

std::pair<Tensor, Tensor> Search::right_samples() const {
  const Tensor right = (distance_ > 0).logical_and_(finite_.unsqueeze(1));
  const Tensor samples = active_first(right, right.numel() == 0 ? 0 : right.sum(1).max().item<std::int64_t>());
  return {samples, right.gather(1, samples)};
}

Tried Search::try_points(const Tensor& x, const Tensor& samples, const Tensor& counted, Finder finder,
                         double clearance) {
  const Tensor logits = logits_at(problem_, x);
  const Tensor labels = labels_.gather(1, samples);
  Tried tried{{}, logits.isfinite().all(1)};
  tried.wrong = are_wrong(logits, labels).logical_and_(counted).logical_and_(tried.finite);
  if (clearance > 0) {
    const Tensor margin = value_of(Objective::margin, logits, labels);
    tried.wrong.logical_and_(margin > clearance * logits.abs().amax(1));
  }
  if (!tried.wrong.any().item<bool>()) return tried;
  note(x, samples, tried.wrong, region_.distance(x, rows_of(centre_, samples)), finder);
  return tried;
}

void Search::note(const Tensor& x, const Tensor& samples, const Tensor& wrong, const Tensor& radius, Finder finder,
                  const Tensor& progress) {
  const std::vector<Tensor> found = wrong.nonzero_numpy();
  const Tensor &lane = found[0], &row = found[1];
  if (lane.numel() == 0) return;
  const Tensor sample = samples.index({lane, row});
  const Tensor points = x.index({lane, row});
  const Tensor distance =
      torch::minimum(region_.distance(points, centre_.index({lane, sample})), radius.index({lane, row}));
  const Tensor nearer = distance < distance_.index({lane, sample});
  const Tensor to_lane = lane.index({nearer}), to_sample = sample.index({nearer});
  distance_.index_put_({to_lane, to_sample}, distance.index({nearer}));
  nearest_.index_put_({to_lane, to_sample}, points.index({nearer}));
  finder_.index_put_({to_lane, to_sample}, torch::tensor(static_cast<std::int64_t>(finder), finder_.options()));
  out_of_reach_.index_put_({to_lane, to_sample}, torch::zeros({}, out_of_reach_.options()));
  progress_.index_put_({to_lane, to_sample}, progress.defined() ? progress.index({lane, row}).index({nearer})
                                                                : torch::tensor(no_number, progress_.options()));
}

void Search::note_end(const Tensor& x, const Tensor& samples, const Tensor& ended, const Tensor& dead) {
  const std::vector<Tensor> there = ended.nonzero_numpy();
  const Tensor &lane = there[0], &row = there[1];
  if (lane.numel() == 0) return;
  const Tensor sample = samples.index({lane, row});
  last_.index_put_({lane, sample}, x.index({lane, row}));
  dead_.index_put_({lane, sample}, dead.index({lane, row}));
}

void Search::note_out_of_reach(const Tensor& samples, const Tensor& is_so) {
  const std::vector<Tensor> there = is_so.nonzero_numpy();
  const Tensor sample = samples.index({there[0], there[1]});
  out_of_reach_.index_put_({there[0], sample}, torch::ones({}, out_of_reach_.options()));
}

Tensor Search::count(const Tensor& largest, const Tensor& counted) {
  gradients_.add_(counted.sum(1));
  finite_.logical_and_(largest.isfinite().all(1));
  return counted.logical_and(finite_.unsqueeze(1));
}

Tensor Search::target(const Tensor& samples) const { return target_of_all().gather(1, samples); }

Tensor Search::target_of_all() const { return targets_.index({torch::searchsorted(radii_, distance_)}); }

Tensor Search::at(double radius) const {
  const Tensor within = torch::full(labels_.sizes(), radius, radii_.options());
  const Tensor ended = region_.project(last_, centre_, within.to(centre_.scalar_type()));
  Tensor points = torch::where((distance_ <= radius).unsqueeze(-1), nearest_, ended);
  return points.masked_fill_(finite_.logical_not().view({-1, 1, 1}), no_number);
}

Tensor Search::distance() const { return distance_.masked_fill(finite_.logical_not().unsqueeze(1), no_number); }

}  // namespace eigensweep::attacks
