// SPDX-License-Identifier: MIT
// Products of rounded operands.
#include "eigensweep/models/numerics/compute.hpp"

#include <ATen/Context.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "eigensweep/models/model.hpp"
#include "eigensweep/models/numerics/matrix_library.hpp"
#include "eigensweep/models/numerics/product.hpp"
#include "resolved.hpp"

using namespace eigensweep;
using namespace eigensweep::models;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

double parting(const Tensor& a, const Tensor& b) { return ((a - b).norm() / b.norm()).item<double>(); }

/// Numbers with so few digits that no kind of product rounds them.
Tensor whole_numbers(const std::vector<std::int64_t>& shape) {
  return torch::randint(-3, 4, shape, torch::TensorOptions(torch::kFloat32));
}

/// By the definition: so many binary digits of each number's fraction, the leading one among them.
double to_digits(double x, int digits, bool ties_to_even) {
  int exponent = 0;
  const double scaled = std::ldexp(std::frexp(x, &exponent), digits);
  const double whole = ties_to_even ? std::nearbyint(scaled) : std::round(scaled);
  return std::ldexp(whole, exponent - digits);
}

/// While it lives, products of bfloat16 are taken by the matrix library, or are not, whatever the CPU has.
class Bfloat16Product {
 public:
  explicit Bfloat16Product(bool used) : before_(uses_bfloat16_product()) { use_bfloat16_product(used); }
  ~Bfloat16Product() { use_bfloat16_product(before_); }
  Bfloat16Product(const Bfloat16Product&) = delete;
  Bfloat16Product& operator=(const Bfloat16Product&) = delete;

 private:
  bool before_;
};

/// Says why a check is left out, where LibTorch was built with another library than MKL.
bool can_multiply_bfloat16() {
  if (!has_bfloat16_product()) WARN("skipped: this LibTorch has no product of bfloat16 (no MKL)");
  return has_bfloat16_product();
}

bool convolutions_use_tf32() { return at::globalContext().allowTF32CuDNN(); }

}  // namespace

TEST_CASE("numbers are rounded to the nearest of ten or seven digits after the leading one") {
  torch::manual_seed(1);
  const Tensor ties = torch::tensor({1.0 + 0x1p-11, 1.0 + 0x3p-11, 1.0 + 0x1p-8, 1.0 + 0x3p-8, -1.0 - 0x1p-11, 0.0});
  const Tensor x = torch::cat({torch::randn({500}) * 1e3, torch::randn({500}) * 1e-30, ties.to(torch::kFloat32)});
  const Tensor tf32 = rounded(x, Compute::tf32), bfloat16 = rounded(x, Compute::bfloat16);
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    const double number = x[i].item<double>();
    CHECK(tf32[i].item<double>() == to_digits(number, 11, /*ties_to_even=*/false));
    CHECK(bfloat16[i].item<double>() == to_digits(number, 8, /*ties_to_even=*/true));
  }
  for (const Compute compute : {Compute::tf32, Compute::bfloat16}) {
    const Tensor special = rounded(torch::tensor({inf, -inf, std::nan("")}).to(torch::kFloat32), compute);
    CHECK(special[0].item<double>() == inf);
    CHECK(special[1].item<double>() == -inf);
    CHECK(std::isnan(special[2].item<double>()));
    const Tensor exact = torch::randn({5}, torch::kFloat64);
    CHECK(torch::equal(rounded(exact, compute), exact));
  }
  CHECK(torch::equal(rounded(x, Compute::float32), x));
}

TEST_CASE("a product in a scope is the float32 product of rounded operands, and the scope ends") {
  torch::manual_seed(2);
  const Bfloat16Product in_float32(false);
  for (const std::int64_t rows : {10, 520}) {
    const Tensor a = torch::randn({2, rows, 30}), b = torch::randn({2, 30, 7}), bias = torch::randn({2, rows});
    const Tensor exact = product(a, b);
    for (const Compute compute : {Compute::tf32, Compute::bfloat16}) {
      const Tensor wanted = product(rounded(a, compute), rounded(b, compute));
      {
        const ComputeScope scope(compute);
        CHECK(ComputeScope::current() == compute);
        CHECK(torch::equal(product(a, b), wanted));
        CHECK(parting(affine(a, bias, b), wanted + bias.unsqueeze(-1)) < 1e-6);
        Tensor sum = torch::ones_like(exact);
        add_product(sum, a, b);
        CHECK(torch::equal(sum, wanted + 1));
        const ComputeScope inner(Compute::float32);
        CHECK(torch::equal(product(a, b), exact));
      }
      CHECK(ComputeScope::current() == Compute::float32);
      CHECK(torch::equal(product(a, b), exact));
      CHECK(parting(wanted, exact) > 1e-5);
      CHECK(parting(wanted, exact) < 1e-2);
    }
  }
}

TEST_CASE("float64 is never rounded") {
  const Tensor a = torch::randn({2, 5, 6}, torch::kFloat64), b = torch::randn({2, 6, 4}, torch::kFloat64);
  const ComputeScope scope(Compute::bfloat16);
  CHECK(torch::equal(product(a, b), torch::bmm(a, b)));
}

TEST_CASE("cuDNN may use TF32 in a scope and not after it, cuBLAS in neither") {
  at::globalContext().setAllowTF32CuDNN(false);  // as a worker does
  {
    const ComputeScope scope(Compute::bfloat16);
    CHECK(convolutions_use_tf32());
    CHECK_FALSE(at::globalContext().allowTF32CuBLAS());
    {
      const ComputeScope inner(Compute::float32);
      CHECK_FALSE(convolutions_use_tf32());
    }
    CHECK(convolutions_use_tf32());
  }
  CHECK_FALSE(convolutions_use_tf32());
}

TEST_CASE("where nothing needs rounding, first and second derivatives are those of float32, bit for bit") {
  torch::manual_seed(3);
  const std::vector<Tensor> leaves{whole_numbers({2, 10, 6}).requires_grad_(), whole_numbers({2, 10}).requires_grad_(),
                                   whole_numbers({2, 6, 5}).requires_grad_()};
  const auto derivatives = [&](Compute compute) {
    const ComputeScope scope(compute);
    const Tensor z = affine(leaves[0], leaves[1], leaves[2]);
    std::vector<Tensor> all = torch::autograd::grad({z}, leaves, {whole_numbers({1}).expand_as(z)}, true, true);
    const Tensor norm = all[0].square().sum() + all[2].square().sum();
    for (const Tensor& second : torch::autograd::grad({norm}, {leaves[0], leaves[2]})) all.push_back(second);
    return all;
  };
  torch::manual_seed(4);
  const std::vector<Tensor> wanted = derivatives(Compute::float32);
  for (const Compute compute : {Compute::tf32, Compute::bfloat16}) {
    torch::manual_seed(4);
    const std::vector<Tensor> found = derivatives(compute);
    for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(torch::equal(found[i], wanted[i]));
  }
}

TEST_CASE("a layer's backward pass rounds as its forward pass did, whenever it runs") {
  torch::manual_seed(5);
  const Bfloat16Product in_float32(false);
  const Tensor a = torch::randn({1, 8, 9}).requires_grad_(), b = torch::randn({1, 9, 7}), g = torch::randn({1, 8, 7});
  Tensor z;
  {
    const ComputeScope scope(Compute::bfloat16);
    z = affine(a, torch::zeros({1, 8}), b);
  }
  const Tensor found = torch::autograd::grad({z}, {a}, {g})[0];
  const auto bfloat16 = [](const Tensor& x) { return rounded(x, Compute::bfloat16); };
  CHECK(torch::equal(found, torch::bmm(bfloat16(g), bfloat16(b).transpose(1, 2))));
  const Tensor operand = rounded_operand(a, Compute::bfloat16);
  CHECK(torch::equal(operand, bfloat16(a)));
  CHECK(torch::equal(torch::autograd::grad({operand}, {a}, {a.detach()})[0], a));
  const Tensor result = with_rounded_gradient(a, Compute::bfloat16);
  CHECK(torch::equal(result, a));
  CHECK(torch::equal(torch::autograd::grad({result}, {a}, {a.detach()})[0], bfloat16(a)));
}

TEST_CASE("networks round in both their ways to derivatives, by hand and by autograd") {
  const study::DatasetInfo images{100, 100, {1, 12, 12}, 7};
  torch::manual_seed(6);
  const Json options = GENERATE(Json{{"kind", "mlp"}, {"width", 20}, {"depth", 2}},
                                Json{{"kind", "cnn"}, {"width", 20}, {"depth", 1}, {"channels", 3}});
  const auto model = make_model(resolved(study::Family::model, options), images, {1, 2}, torch::kCPU);
  std::vector<Tensor> parameters;
  for (const NamedTensor& named : model->parameters()) parameters.push_back(named.tensor);
  const Inputs inputs = Inputs::shared(torch::rand({9, 144}), 2);
  const Tensor above = torch::randn({2, 7, 9});
  const auto by_autograd = [&](Compute compute) {
    const ComputeScope scope(compute);
    return torch::autograd::grad({model->forward(inputs, Mode::train).logits}, parameters, {above});
  };
  const std::vector<Tensor> exact = by_autograd(Compute::float32);
  const std::vector<std::pair<Compute, double>> kinds{{Compute::tf32, 1.0 / 1024}, {Compute::bfloat16, 1.0 / 128}};
  for (const auto& [compute, unit] : kinds) {
    const std::vector<Tensor> rounded = by_autograd(compute);
    CHECK(parting(rounded.front(), exact.front()) > unit / 50);
    for (std::size_t i = 0; i < exact.size(); ++i) CHECK(parting(rounded[i], exact[i]) < 3 * unit);
    if (!model->has_backward()) continue;
    const ComputeScope scope(compute);
    const std::vector<Tensor> by_hand = model->backward(*model->pass(inputs, Mode::train), {above.clone(), {}});
    // A last bit of float32 can decide which way an operand is rounded.
    for (std::size_t i = 0; i < exact.size(); ++i) CHECK(parting(by_hand[i], rounded[i]) < unit / 20);
  }
}

TEST_CASE("the matrix library's product of bfloat16 is the product of rounded operands, however they lie in memory") {
  if (!can_multiply_bfloat16()) return;
  torch::manual_seed(7);
  const auto expect_product = [](const Tensor& a, const Tensor& b) {
    const Tensor wanted = torch::bmm(rounded(a, Compute::bfloat16).to(torch::kFloat64),
                                     rounded(b, Compute::bfloat16).to(torch::kFloat64));
    CHECK(parting(bfloat16_product(a, b).to(torch::kFloat64), wanted) < 1e-6);
    CHECK(parting(bfloat16_product(a.to(torch::kBFloat16), b).to(torch::kFloat64), wanted) < 1e-6);
  };
  const auto [lanes, rows, inner, columns] = GENERATE(table<std::int64_t, std::int64_t, std::int64_t, std::int64_t>(
      {{1, 7, 30, 5}, {3, 10, 1, 4}, {3, 1, 6, 1}, {2, 520, 40, 33}, {5, 300, 17, 70}}));
  const Tensor a = torch::randn({lanes, rows, inner}), b = torch::randn({lanes, inner, columns});
  expect_product(a, b);
  expect_product(a.transpose(1, 2).contiguous().transpose(1, 2), b);
  expect_product(a, b.transpose(1, 2).contiguous().transpose(1, 2));
  expect_product(torch::randn({lanes, rows, 2 * inner}).slice(2, 0, inner), b);
  expect_product(torch::randn({lanes, rows, 2 * inner}).slice(2, 0, 2 * inner, 2), b);
  expect_product(a.slice(0, 0, 1).expand({lanes, rows, inner}), b);
}

TEST_CASE("where the matrix library takes bfloat16, products and their derivatives use it") {
  if (!can_multiply_bfloat16()) return;
  torch::manual_seed(8);
  const Tensor a = torch::randn({2, 20, 30}).requires_grad_(), b = torch::randn({2, 30, 9});
  const auto results = [&](bool used) {
    const Bfloat16Product way(used);
    const ComputeScope scope(Compute::bfloat16);
    const Tensor z = affine(a, torch::ones({2, 20}), b);
    return std::vector<Tensor>{z.detach(), torch::autograd::grad({z}, {a}, {torch::ones_like(z)})[0],
                               product(often_multiplied(a.detach(), Compute::bfloat16), b)};
  };
  const std::vector<Tensor> found = results(true), wanted = results(false);
  for (std::size_t i = 0; i < found.size(); ++i) CHECK(parting(found[i], wanted[i]) < 1e-6);
  {
    const Bfloat16Product way(true);
    CHECK(often_multiplied(b, Compute::bfloat16).scalar_type() == torch::kBFloat16);
    CHECK(often_multiplied(b, Compute::tf32).is_same(b));
    CHECK(often_multiplied(b, Compute::float32).is_same(b));
    const Tensor exact = b.to(torch::kFloat64);
    CHECK(often_multiplied(exact, Compute::bfloat16).is_same(exact));
  }
  const Bfloat16Product way(false);
  CHECK(often_multiplied(b, Compute::bfloat16).is_same(b));
}

TEST_CASE("the matrix library is described in one line") {
  MatrixLibrary library;
  CHECK(library.words() == "not MKL; products of bfloat16 are taken in float32");
  library.name = "MKL 2024.2";
  CHECK(library.words() ==
        "MKL 2024.2; products of bfloat16 are taken in float32 (the CPU has no instructions for them)");
  library.takes_amd_for_intel = library.multiplies_bfloat16 = true;
  CHECK(library.words() ==
        "MKL 2024.2 with its kernels for Intel's CPUs; products of bfloat16 by instructions of the CPU");
}
