// SPDX-License-Identifier: MIT
// The recursion in blocks of images, which bounds the memory, and its gradient, which recomputes each block.
#include "eigensweep/kernels/conv_limit.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "conv_recursion.hpp"
#include "eigensweep/core/error.hpp"
#include "threads.hpp"

namespace eigensweep::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// How many numbers a block of image pairs may hold: for one map, which should fit a core's cache; for all offsets; and
// for all offsets when a gradient keeps the inputs of every operation.
constexpr std::int64_t map_numbers = 1 << 17, pair_numbers = 1 << 22, kept_numbers = 1 << 19;
constexpr std::int64_t device_factor = 16;  // a GPU needs larger operations
constexpr std::int64_t tanh_factor = 8;     // its coefficients are expensive: share each among more partners
constexpr std::int64_t most_images = 64;    // variances are computed for so many at once

/// `count` divided by the number of threads, rounded up.
std::int64_t share(std::int64_t count, const Tensor& x) {
  const std::int64_t threads = x.is_cpu() ? at::get_num_threads() : 1;
  return (count + threads - 1) / threads;
}

struct Block {
  std::int64_t rows, columns;
};

/// The gradient's threads divide the rows among them; the values' threads divide the blocks.
Block block_of(const Plan& plan, const Tensor& x1, const Tensor& x2, bool of_gradient) {
  const std::int64_t numbers = of_gradient ? kept_numbers : pair_numbers;
  std::int64_t pairs = std::min(map_numbers / plan.positions(), numbers / plan.position_pairs());
  if (plan.network.activation == "tanh" && !of_gradient)
    pairs = std::min(tanh_factor * pairs, numbers / plan.position_pairs());
  if (!x1.is_cpu()) pairs *= device_factor;
  pairs = std::clamp<std::int64_t>(pairs, 1, share(x1.size(0) * x2.size(0), x1));
  const auto side = static_cast<std::int64_t>(std::sqrt(static_cast<double>(pairs)));
  const std::int64_t rows = std::min(of_gradient ? share(x1.size(0), x1) : x1.size(0), side);
  return {rows, x1.is_same(x2) ? rows : std::min(x2.size(0), pairs / rows)};
}

/// Calls visit(start, size) for every block of `size` out of `count`, on all threads if `has_threads`.
void over_blocks(std::int64_t count, std::int64_t size, bool has_threads,
                 const std::function<void(std::int64_t, std::int64_t)>& visit) {
  const auto block = [&](std::int64_t i) { visit(i * size, std::min(size, count - i * size)); };
  const std::int64_t blocks = (count + size - 1) / size;
  if (has_threads) return on_threads(blocks, block);
  for (std::int64_t i = 0; i < blocks; ++i) block(i);
}

/// `x` with its variances, computed for one block of images at a time.
Images read(const Plan& plan, const Tensor& x) {
  const torch::NoGradGuard no_gradients;
  Images images{x, {{}, torch::empty({x.size(0)}, x.options())}};
  for (std::size_t block = 0; block < plan.y.size(); ++block) {
    images.variances.maps.push_back(torch::empty({plan.y[block].map, plan.x[block].map, x.size(0)}, x.options()));
  }
  const std::int64_t most = std::min(most_images, share(x.size(0), x));
  const std::int64_t size = std::clamp<std::int64_t>(pair_numbers / 8 / plan.position_pairs(), 1, most);
  over_blocks(x.size(0), size, x.is_cpu(), [&](std::int64_t start, std::int64_t count) {
    const torch::NoGradGuard no_graph;
    const Variances part = variances_of(plan, x.narrow(0, start, count));
    images.variances.dense.narrow(0, start, count).copy_(part.dense);
    for (std::size_t block = 0; block < part.maps.size(); ++block) {
      images.variances.maps[block].narrow(2, start, count).copy_(part.maps[block]);
    }
  });
  return images;
}

Limit by_blocks(const Plan& plan, const Tensor& x1, const Tensor& x2, bool with_hidden) {
  const torch::NoGradGuard no_gradients;
  const bool is_symmetric = x1.is_same(x2);
  const Images a = read(plan, x1), b = is_symmetric ? a : read(plan, x2);
  const auto matrix = [&] { return torch::empty({x1.size(0), x2.size(0)}, x1.options()); };
  Limit limit{matrix(), matrix(), {}};
  for (std::size_t layer = 0; with_hidden && layer <= plan.y.size(); ++layer) limit.hidden.push_back(matrix());
  const Block block = block_of(plan, x1, x2, /*of_gradient=*/false);
  const std::int64_t across = (x2.size(0) + block.columns - 1) / block.columns;
  const std::int64_t down = (x1.size(0) + block.rows - 1) / block.rows;
  over_blocks(down * across, 1, x1.is_cpu(), [&](std::int64_t index, std::int64_t) {
    const torch::NoGradGuard no_graph;
    const std::int64_t row = index / across * block.rows, column = index % across * block.columns;
    if (is_symmetric && column < row) return;
    const std::int64_t rows = std::min(block.rows, x1.size(0) - row);
    const std::int64_t columns = std::min(block.columns, x2.size(0) - column);
    const Limit part = recursion(plan, a.narrow(row, rows), b.narrow(column, columns), with_hidden);
    const auto keep = [&](Tensor& whole, const Tensor& values) {
      whole.narrow(0, row, rows).narrow(1, column, columns).copy_(values);
      if (is_symmetric) whole.narrow(0, column, columns).narrow(1, row, rows).copy_(values.t());
    };
    keep(limit.nngp, part.nngp);
    keep(limit.ntk, part.ntk);
    for (std::size_t layer = 0; layer < part.hidden.size(); ++layer) keep(limit.hidden[layer], part.hidden[layer]);
  });
  return limit;
}

/// The gradient with respect to x1 of sum(nngp * by_nngp + ntk * by_ntk).
Tensor gradient(const Plan& plan, const Tensor& x1, const Tensor& x2, const Tensor& by_nngp, const Tensor& by_ntk) {
  const Images b = read(plan, x2);
  const Block block = block_of(plan, x1, x2, /*of_gradient=*/true);
  Tensor result = torch::empty_like(x1);
  over_blocks(x1.size(0), block.rows, x1.is_cpu(), [&](std::int64_t row, std::int64_t rows) {
    const torch::AutoGradMode with_gradients(true);
    const Tensor x = x1.narrow(0, row, rows).detach().requires_grad_(true);
    // Columns share the rows' variances: the gradient passes through them once, at the end.
    const Variances variances = variances_of(plan, x);
    variable_list ends = variances.maps;
    ends.push_back(variances.dense);
    Images a{x, {}};
    for (const Tensor& map : variances.maps) a.variances.maps.push_back(map.detach().requires_grad_(true));
    a.variances.dense = variances.dense.detach().requires_grad_(true);
    variable_list leaves = a.variances.maps, sums(leaves.size() + 2);
    leaves.push_back(a.variances.dense);
    leaves.push_back(x);
    over_blocks(x2.size(0), block.columns, false, [&](std::int64_t column, std::int64_t columns) {
      const Limit part = recursion(plan, a, b.narrow(column, columns));
      const auto here = [&](const Tensor& by) { return by.narrow(0, row, rows).narrow(1, column, columns); };
      const variable_list parts = torch::autograd::grad({part.nngp, part.ntk}, leaves, {here(by_nngp), here(by_ntk)});
      for (std::size_t i = 0; i < parts.size(); ++i) sums[i] = sums[i].defined() ? sums[i] + parts[i] : parts[i];
    });
    const Tensor direct = sums.back();
    sums.pop_back();
    const Tensor through = torch::autograd::grad(ends, {x}, sums)[0];
    const torch::NoGradGuard no_gradients;
    result.narrow(0, row, rows).copy_(direct + through);
  });
  return result;
}

struct SharedPlan : torch::CustomClassHolder {
  explicit SharedPlan(Plan of) : plan(std::move(of)) {}
  Plan plan;
};

class Differentiable : public torch::autograd::Function<Differentiable> {
 public:
  static variable_list forward(AutogradContext* context, const Tensor& x1, const Tensor& x2,
                               const c10::intrusive_ptr<SharedPlan>& shared) {
    context->save_for_backward({x1, x2});
    context->saved_data["plan"] = c10::IValue::make_capsule(shared);
    const Limit limit = by_blocks(shared->plan, x1, x2, false);
    return {limit.nngp, limit.ntk};
  }

  static variable_list backward(AutogradContext* context, const variable_list& by) {
    const auto shared = c10::static_intrusive_pointer_cast<SharedPlan>(context->saved_data["plan"].toCapsule());
    const variable_list saved = context->get_saved_variables();
    const Tensor &x1 = saved[0], &x2 = saved[1];
    return {x1.requires_grad() ? gradient(shared->plan, x1, x2, by[0], by[1]) : Tensor(),
            x2.requires_grad() ? gradient(shared->plan, x2, x1, by[0].t(), by[1].t()) : Tensor(), Tensor()};
  }
};

}  // namespace

Limit conv_limit(const ConvNetwork& network, const Tensor& x1, const Tensor& x2, bool with_hidden) {
  const Plan plan(network);
  EIGENSWEEP_EXPECT(x1.dim() == 2 && x2.dim() == 2);
  const Tensor a = x1.to(torch::kFloat64), b = x1.is_same(x2) ? a : x2.to(torch::kFloat64);
  if (!torch::GradMode::is_enabled() || !(a.requires_grad() || b.requires_grad())) {
    return by_blocks(plan, a, b, with_hidden);
  }
  EIGENSWEEP_EXPECT(!with_hidden);
  const variable_list both = Differentiable::apply(a, b, c10::make_intrusive<SharedPlan>(plan));
  return {both[0], both[1], {}};
}

}  // namespace eigensweep::kernels
