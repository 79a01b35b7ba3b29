// SPDX-License-Identifier: MIT
#include "search_rows.hpp"

namespace eigensweep::attacks {
namespace {

void keep_numbers(Tensor& numbers, const Tensor& kept) {
  if (numbers.defined()) numbers = numbers.gather(1, kept);
}

}  // namespace

SearchRows::SearchRows(Search& search, std::pair<Tensor, Tensor> rows)
    : search_(search),
      sample_(std::move(rows.first)),
      active_(std::move(rows.second)),
      label_(search.problem().labels.expand({sample_.size(0), -1}).gather(1, sample_)),
      centre_(rows_of(search.centre(), sample_)) {}

Tensor SearchRows::compact(std::initializer_list<Tensor*> numbers, std::initializer_list<Tensor*> points) {
  const Tensor kept = worth_keeping(active_);
  if (!kept.defined() || kept.size(1) == 0) return {};
  for (Tensor* own : {&sample_, &active_, &label_}) keep_numbers(*own, kept);
  for (Tensor* of_walk : numbers) keep_numbers(*of_walk, kept);
  centre_ = rows_of(centre_, kept);
  for (Tensor* of_walk : points) *of_walk = rows_of(*of_walk, kept);
  return kept;
}

}  // namespace eigensweep::attacks
