// SPDX-License-Identifier: MIT
#include "eigensweep/kernels/empirical.hpp"

#include <catch2/catch.hpp>

#include "eigensweep/core/error.hpp"
#include "eigensweep/kernels/limit.hpp"
#include "networks.hpp"

using namespace eigensweep;
using namespace eigensweep::test;

TEST_CASE("the structured tangent kernel equals the product of explicit Jacobians") {
  torch::manual_seed(3);
  const Tensor x = torch::rand({5, 7}, torch::kFloat64);
  for (const char* parametrisation : {"standard", "ntk"}) {
    for (const char* activation : {"relu", "tanh"}) {
      const auto model = network(options(12, 2, activation, parametrisation), {1, 1, 7}, 4, {1, 2}, torch::kFloat64);
      const Tensor j = jacobian(*model, x);
      const Tensor wanted = j.matmul(j.transpose(1, 2));  // [E, n C, n C]
      const kernels::EmpiricalNtk ntk = kernels::empirical_ntk(*model, x, true);
      INFO(parametrisation << " " << activation);
      CHECK(largest(ntk.full, wanted) < 1e-10);
      const Tensor blocks = wanted.view({2, 5, 4, 5, 4});
      CHECK(largest(ntk.traced, blocks.diagonal(0, 2, 4).mean(-1)) < 1e-10);
      CHECK(ntk.shares.sizes() == std::vector<std::int64_t>{2, 3});
      CHECK(largest(ntk.shares.sum(1), torch::ones({2}, torch::kFloat64)) < 1e-12);
      CHECK_FALSE(kernels::empirical_ntk(*model, x).full.defined());
    }
  }
}

TEST_CASE("the structured tangent kernel of a convolutional network equals the product of explicit Jacobians") {
  torch::manual_seed(4);
  const Tensor x = torch::rand({3, 2 * 9 * 10}, torch::kFloat64);
  for (const char* parametrisation : {"standard", "ntk"}) {
    Json asked = options(6, 2, "tanh", parametrisation);
    asked["kind"] = "cnn";
    asked["channels"] = 3;
    asked["kernel_size"] = 2;
    if (parametrisation == std::string("ntk")) {
      asked["pooling"] = "none";
      asked["stride"] = 2;
    }
    const auto model = network(asked, {2, 9, 10}, 4, {1, 2}, torch::kFloat64);
    const Tensor j = jacobian(*model, x);
    const Tensor wanted = j.matmul(j.transpose(1, 2));
    const kernels::EmpiricalNtk ntk = kernels::empirical_ntk(*model, x, true);
    INFO(parametrisation);
    CHECK(largest(ntk.full, wanted) < 1e-10);
    CHECK(largest(ntk.traced, wanted.view({2, 3, 4, 3, 4}).diagonal(0, 2, 4).mean(-1)) < 1e-10);
    CHECK(ntk.shares.sizes() == std::vector<std::int64_t>{2, 4});
  }
}

TEST_CASE("the product of the Jacobian with a direction equals explicit Jacobians'") {
  torch::manual_seed(4);
  const Tensor x = torch::rand({5, 7}, torch::kFloat64);
  const auto model = network(options(12, 2, "gelu", "ntk"), {1, 1, 7}, 4, {1, 2}, torch::kFloat64);
  std::vector<Tensor> direction, flat;
  for (const models::NamedTensor& named : model->parameters()) {
    direction.push_back(torch::randn_like(named.tensor).detach());
    flat.push_back(direction.back().flatten(1));
  }
  const Tensor wanted = jacobian(*model, x).matmul(torch::cat(flat, 1).unsqueeze(2)).view({2, 5, 4}).transpose(1, 2);
  CHECK(largest(kernels::jacobian_product(*model, models::Inputs::shared(x, 2), direction), wanted) < 1e-10);
}

TEST_CASE("wide networks' tangent kernels are near that of infinite width") {
  torch::manual_seed(5);
  const Tensor x = torch::rand({6, 10});
  std::vector<std::uint64_t> seeds(20);
  std::iota(seeds.begin(), seeds.end(), 0);
  for (const std::int64_t depth : {1, 2}) {
    for (const char* activation : {"relu", "tanh"}) {
      const auto model =
          network(options(1024, static_cast<int>(depth), activation, "ntk"), {1, 1, 10}, 3, seeds, torch::kFloat32);
      const Tensor mean = kernels::empirical_ntk(*model, x).traced.mean(0);
      const Tensor limit = kernels::dense_limit(kernels::ntk_laws(depth, 2, 0.1), activation, x, x).ntk;
      // tanh's series is inaccurate on the diagonal.
      const Tensor off = (mean - limit).masked_select(~torch::eye(6, torch::kBool));
      INFO(activation << " depth " << depth);
      CHECK((off.norm() / limit.norm()).item<double>() < 0.03);
    }
  }
}

TEST_CASE("a network whose layers are not all affine shows none") {
  Json asked = options(12, 2, "relu", "standard");
  asked["batch_norm"] = true;
  const auto model =
      models::make_model(resolved(study::Family::model, asked), {100, 100, {1, 1, 7}, 4}, {1}, torch::kCPU);
  CHECK_FALSE(model->trace_affine(true));
  CHECK_THROWS_AS(kernels::empirical_ntk(*model, torch::rand({3, 7})), ContractViolation);
}
