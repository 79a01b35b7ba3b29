// SPDX-License-Identifier: MIT
#include "eigensweep/kernels/limit.hpp"

#include <catch2/catch.hpp>

using namespace eigensweep;
using kernels::AffineLaw;
using kernels::Limit;
using torch::Tensor;

namespace {

Tensor three_samples() { return torch::tensor({{1.0, 2.0, 3.0}, {-1.0, 0.5, 2.0}, {0.0, 1.0, -1.0}}, torch::kFloat64); }

/// Entries 11, 12, 13, 23.
std::vector<double> entries(const Tensor& kernel) {
  const auto at = [&](int i, int j) { return kernel[i][j].item<double>(); };
  return {at(0, 0), at(0, 1), at(0, 2), at(1, 2)};
}

struct Golden {
  std::string activation;
  std::int64_t depth;
  double weight, bias;
  std::vector<double> nngp, ntk;
};

// Values of an independent program in double precision, tanh by quadrature in two dimensions.
const std::vector<Golden> golden{
    {"relu",
     1,
     2,
     0.1,
     {9.533333333333, 4.486669529949, 1.001052217775, 0.430592991239},
     {18.966666666667, 7.555136382209, 0.745627188010, 0.097298078654}},
    {"relu",
     2,
     2,
     0.1,
     {9.633333333333, 4.804976847966, 1.859485176525, 1.085894214968},
     {28.600000000000, 10.641905680642, 2.295174013769, 1.140173101353}},
    {"erf",
     1,
     1.5,
     0.05,
     {1.200518398147, 0.692200301043, -0.075981013937, -0.256561253684},
     {3.692237427632, 1.452657311507, -0.202698041100, -0.574106997261}},
    {"erf",
     2,
     1.5,
     0.05,
     {0.798468752727, 0.477030714500, 0.000423696467, -0.128801239502},
     {3.725985455119, 1.438137357378, -0.131952237668, -0.533646932635}},
    {"tanh",
     1,
     1.5,
     0.05,
     {1.122800910421, 0.649140658859, -0.065023038877, -0.223184361078},
     {3.194768979878, 1.344351523529, -0.180629881305, -0.504534206127}},
    {"tanh",
     2,
     1.5,
     0.05,
     {0.673112306234, 0.414627924089, 0.011154116145, -0.092802096332},
     {2.800613594919, 1.212961429239, -0.096822932642, -0.418332691527}},
};

void check(const std::vector<double>& ours, const std::vector<double>& wanted, double tolerance, bool with_diagonal) {
  for (std::size_t i = with_diagonal ? 0 : 1; i < wanted.size(); ++i) {
    CHECK(ours[i] == Approx(wanted[i]).epsilon(tolerance).margin(1e-11));
  }
}

}  // namespace

TEST_CASE("the kernels of infinite width equal published recursions' values") {
  for (const Golden& row : golden) {
    const Limit limit = kernels::dense_limit(kernels::ntk_laws(row.depth, row.weight, row.bias), row.activation,
                                             three_samples(), three_samples(), true);
    INFO(row.activation << " depth " << row.depth);
    // For a sample with itself the series of tanh converges too slowly; the next test checks such entries.
    const bool is_closed = row.activation != "tanh";
    check(entries(limit.nngp), row.nngp, is_closed ? 1e-9 : 1e-5, is_closed);
    check(entries(limit.ntk), row.ntk, is_closed ? 1e-9 : 1e-5, is_closed);
    CHECK(limit.hidden.size() == static_cast<std::size_t>(row.depth));
    CHECK(torch::equal(limit.nngp, row.weight * limit.hidden.back() + row.bias));
  }
}

TEST_CASE("layers may have laws of their own: the tangent kernel of standard parametrisation") {
  std::vector<AffineLaw> laws{{2, 0.1, 3, 1}, {2, 0.1, 64, 1}, {2, 0.1, 64, 1}};
  const Limit limit = kernels::dense_limit(laws, "relu", three_samples(), three_samples());
  check(entries(limit.ntk), {623.9333333333, 264.8286095987, 74.7360946647, 38.9047878790}, 1e-9, true);
}

TEST_CASE("kernels between two sets are blocks of the kernel of their union, and symmetric") {
  torch::manual_seed(1);
  const Tensor all = torch::rand({7, 5}, torch::kFloat64);
  for (const std::string activation : {"relu", "erf", "gelu", "tanh"}) {
    const auto laws = kernels::ntk_laws(3, 1.7, 0.2);
    const Limit whole = kernels::dense_limit(laws, activation, all, all);
    const Limit block = kernels::dense_limit(laws, activation, all.slice(0, 0, 3), all.slice(0, 3, 7));
    CHECK((whole.ntk.slice(0, 0, 3).slice(1, 3, 7) - block.ntk).abs().max().item<double>() < 1e-12);
    CHECK((whole.nngp.slice(0, 0, 3).slice(1, 3, 7) - block.nngp).abs().max().item<double>() < 1e-12);
    CHECK((whole.ntk - whole.ntk.t()).abs().max().item<double>() < 1e-12);
  }
}

TEST_CASE("kernels taken block by block are those of one piece") {
  torch::manual_seed(7);
  const Tensor x1 = torch::rand({700, 4}, torch::kFloat64), x2 = torch::rand({900, 4}, torch::kFloat64);
  for (const std::string activation : {"relu", "tanh"}) {
    const auto laws = kernels::ntk_laws(2, 1.5, 0.1);
    const Limit blocks = kernels::dense_limit(laws, activation, x1, x2, true);
    // With gradients the kernels are computed in one piece.
    const Limit piece = kernels::dense_limit(laws, activation, x1.clone().requires_grad_(true), x2, true);
    CHECK((blocks.ntk - piece.ntk).abs().max().item<double>() < 1e-13);
    CHECK((blocks.nngp - piece.nngp).abs().max().item<double>() < 1e-13);
    CHECK((blocks.hidden[0] - piece.hidden[0]).abs().max().item<double>() < 1e-13);
  }
}

TEST_CASE("kernels can be differentiated by their inputs, also at a training sample") {
  torch::manual_seed(2);
  const Tensor train = torch::rand({4, 6}, torch::kFloat64), x = torch::rand({2, 6}, torch::kFloat64);
  const Tensor weights = torch::linspace(-1, 1, 8, torch::kFloat64).view({2, 4});
  for (const std::string activation : {"relu", "erf", "gelu", "tanh"}) {
    const auto laws = kernels::ntk_laws(2, 1.5, 0.1);
    const auto value = [&](const Tensor& at) {
      const Limit limit = kernels::dense_limit(laws, activation, at, train);
      return ((limit.ntk + limit.nngp) * weights).sum();
    };
    const Tensor leaf = x.clone().requires_grad_(true);
    const Tensor gradient = torch::autograd::grad({value(leaf)}, {leaf})[0];
    for (std::int64_t i = 0; i < x.numel(); ++i) {
      const double h = 1e-5;
      Tensor right = x.clone(), left = x.clone();
      right.view(-1)[i] += h;
      left.view(-1)[i] -= h;
      INFO(activation << " input " << i);
      CHECK(gradient.view(-1)[i].item<double>() ==
            Approx((value(right) - value(left)).item<double>() / (2 * h)).epsilon(1e-6).margin(1e-8));
    }
    const Tensor same = train.slice(0, 0, 2).clone().requires_grad_(true);
    CHECK(torch::autograd::grad({value(same)}, {same})[0].isfinite().all().item<bool>());
  }
}
