// SPDX-License-Identifier: MIT
#include "eigensweep/models/spectra.hpp"

#include <catch2/catch.hpp>
#include <map>

#include "digits.hpp"
#include "eigensweep/data/device_dataset.hpp"
#include "toy_network.hpp"

using namespace eigensweep;
using models::Tensor;

namespace {

Tensor images(std::int64_t count, std::int64_t size) {
  torch::manual_seed(5);
  return torch::randint(0, 256, {count, size}, torch::kUInt8);
}

double largest_difference(const Tensor& a, const Tensor& b) { return (a - b).abs().max().item<double>(); }

/// Centred first, then multiplied, in double: the definition.
Tensor plain_covariance(const Tensor& activations) {
  const Tensor h = activations.to(torch::kFloat64);
  const Tensor centred = h - h.mean(2, true);
  return centred.matmul(centred.transpose(1, 2)) / static_cast<double>(h.size(2));
}

/// A symmetric positive definite matrix with these eigenvalues.
Tensor matrix_with(const Tensor& eigenvalues) {
  torch::manual_seed(9);
  const std::int64_t n = eigenvalues.size(0);
  auto [q, r] = torch::linalg_qr(torch::randn({n, n}, torch::kFloat64));
  return q.matmul(torch::diag(eigenvalues)).matmul(q.t());
}

}  // namespace

TEST_CASE("covariances of hidden layers equal their definition in double precision") {
  ToyNetwork network = ToyNetwork::random(3, {20, 530, 8, 4}, 1);
  const Tensor x = images(97, 20);
  const auto hidden = network.forward(models::Inputs::shared(data::to_inputs(x), 3), models::Mode::evaluate).hidden;
  for (const std::int64_t chunk : {0, 10, 96, 1000}) {
    const std::vector<Tensor> all = models::hidden_covariances(network, x, {}, chunk);
    REQUIRE(all.size() == 2);
    REQUIRE(all[0].sizes() == std::vector<std::int64_t>{3, 530, 530});
    for (std::size_t layer = 0; layer < 2; ++layer) {
      REQUIRE(all[layer].scalar_type() == torch::kFloat64);
      // The network's own float32 products may round otherwise in other chunks.
      CHECK(largest_difference(all[layer], plain_covariance(hidden[layer])) < 2e-7);
      CHECK(torch::equal(all[layer], all[layer].transpose(1, 2)));
    }
  }
  const std::vector<Tensor> last = models::hidden_covariances(network, x, {1}, 10);
  REQUIRE(last.size() == 1);
  CHECK(torch::equal(last[0], models::hidden_covariances(network, x, {}, 10)[1]));
}

TEST_CASE("a mean far above the spread costs the covariance no digits") {
  // h = 1000 + x/1024: exact in float32, spread a millionth of the mean.
  const Tensor weight = torch::eye(6).unsqueeze(0) / 1024.0;
  const Tensor bias = torch::full({1, 6}, 1000.0);
  ToyNetwork network({{weight, bias}, {torch::ones({1, 2, 6}), torch::zeros({1, 2})}},
                     [](const Tensor& h) { return h; });
  const Tensor x = images(5000, 6);
  const auto hidden = network.forward(models::Inputs::shared(data::to_inputs(x), 1), models::Mode::evaluate).hidden;
  const Tensor plain = plain_covariance(hidden[0]);
  const Tensor ours = models::hidden_covariances(network, x, {}, 64)[0];
  CHECK(largest_difference(ours, plain) < 1e-12 * plain.abs().max().item<double>());
}

TEST_CASE("eigenvalues descend and eigenvectors rebuild the matrix") {
  const Tensor wanted = torch::arange(1, 41, torch::kFloat64).pow(-1.0);
  const Tensor matrix = matrix_with(wanted);
  const Tensor two = torch::stack({matrix, 3.0 * matrix});
  const models::Eigensystem system = models::eigh_descending(two);
  CHECK(system.failures == std::vector<std::string>{"", ""});
  CHECK(largest_difference(system.values[0], wanted) < 1e-14);
  CHECK(largest_difference(system.values[1], 3.0 * wanted) < 1e-14);
  const Tensor rebuilt = system.vectors.matmul(torch::diag_embed(system.values)).matmul(system.vectors.transpose(1, 2));
  CHECK(largest_difference(rebuilt, two) < 1e-13);
  const models::Eigensystem values = models::eigh_descending(two, models::Wanted::values);
  CHECK_FALSE(values.vectors.defined());
  CHECK(largest_difference(values.values, system.values) < 1e-14);
}

TEST_CASE("with fewer samples than units the Gram matrix gives the covariance's eigenvalues and eigenvectors") {
  torch::manual_seed(3);
  const Tensor scales = torch::arange(1, 41, torch::kFloat64).pow(-1.0).view({1, 40, 1});
  Tensor h = torch::randn({3, 40, 15}, torch::kFloat64) * scales + 0.5;
  h[1].select(1, 7).copy_(h[1].select(1, 3));  // a duplicate sample adds no direction
  h[2][0][0] = std::numeric_limits<double>::quiet_NaN();
  const Tensor covariance = plain_covariance(h);
  const models::Eigensystem wanted = models::eigh_descending(covariance);
  const models::Eigensystem dual = models::eigh_dual(h, models::Wanted::values_and_vectors);
  CHECK(dual.form == models::Form::dual);
  REQUIRE(dual.vectors.sizes() == std::vector<std::int64_t>{3, 40, 14});
  CHECK(dual.failures == wanted.failures);
  CHECK(dual.values[2].isnan().all().item<bool>());
  for (std::int64_t lane = 0; lane < 2; ++lane) {
    CHECK(largest_difference(dual.values[lane], wanted.values[lane]) < 1e-14);
    const Tensor v = dual.vectors[lane];
    const Tensor rebuilt = v.matmul(torch::diag(dual.values[lane].narrow(0, 0, 14))).matmul(v.t());
    CHECK(largest_difference(rebuilt, covariance[lane]) < 1e-14);
    Tensor overlaps = torch::eye(14, torch::kFloat64);
    if (lane == 1) overlaps[13][13] = 0;
    CHECK(largest_difference(v.t().matmul(v), overlaps) < 1e-10);
  }
  CHECK_FALSE(models::eigh_dual(h, models::Wanted::values).vectors.defined());
}

TEST_CASE("products in float32 leave eigenvalues right to a millionth, far below the largest one") {
  // Digits through a tanh layer: eigenvalues over five decades, as in training.
  const data::DeviceDataset set = digits(3000);
  for (const auto& [name, nonlinearity] : std::map<std::string, std::function<Tensor(const Tensor&)>>{
           {"tanh", [](const Tensor& h) { return h.tanh(); }}, {"relu", [](const Tensor& h) { return h.relu(); }}}) {
    ToyNetwork network = ToyNetwork::random(2, {784, 300, 4}, 6, nonlinearity);
    const Tensor covariance = models::hidden_covariances(network, set.train_images)[0];
    const Tensor exact = models::eigh_descending(covariance, models::Wanted::values).values;
    const auto system = models::hidden_spectra(network, set.train_images, models::Wanted::values_and_vectors, {},
                                               models::Products::float32)[0];
    // What the penalty takes from a basis: variances along its vectors.
    const Tensor along = (system.vectors * covariance.matmul(system.vectors)).sum(1);
    INFO(name << ": last eigenvalue " << (exact.select(1, 299) / exact.select(1, 0)).min().item<double>());
    CHECK((along / exact - 1).abs().max().item<double>() < 1e-6);
    CHECK(((system.values - exact) / exact.select(1, 0).unsqueeze(1)).abs().max().item<double>() < 1e-7);
    CHECK_FALSE(torch::equal(system.values, exact));
  }
}

TEST_CASE("each hidden layer is decomposed in the form that is smaller") {
  ToyNetwork network = ToyNetwork::random(2, {20, 60, 30, 4}, 1);
  const Tensor x = images(40, 20);
  const auto systems = models::hidden_spectra(network, x, models::Wanted::values_and_vectors);
  REQUIRE(systems.size() == 2);
  CHECK(systems[0].form == models::Form::dual);
  CHECK(systems[1].form == models::Form::primal);
  const std::vector<Tensor> covariances = models::hidden_covariances(network, x);
  for (std::size_t layer = 0; layer < 2; ++layer) {
    const Tensor values = models::eigh_descending(covariances[layer], models::Wanted::values).values;
    CHECK(largest_difference(systems[layer].values, values) < 1e-14);
  }
  const auto last = models::hidden_spectra(network, x, models::Wanted::values, {1});
  REQUIRE(last.size() == 1);
  CHECK(torch::equal(last[0].values, models::eigh_descending(covariances[1], models::Wanted::values).values));
}

TEST_CASE("where one route to the eigenvectors fails the next one is taken") {
  const Tensor wanted = torch::arange(1, 21, torch::kFloat64).pow(-2.0);
  const Tensor matrix = matrix_with(wanted).unsqueeze(0);
  const models::EigenRoute failing = [](const Tensor&, models::Wanted) -> std::pair<Tensor, Tensor> {
    TORCH_CHECK_LINALG(false, "linalg.eigh: the algorithm failed to converge\nand more");
  };
  const auto& routes = models::eigen_routes();
  REQUIRE(routes.size() == 2);
  for (const models::Wanted kind : {models::Wanted::values, models::Wanted::values_and_vectors}) {
    const models::Eigensystem system = models::eigh_descending(matrix, kind, {failing, routes[1]});
    CHECK(system.failures[0].empty());
    CHECK(largest_difference(system.values[0], wanted) < 1e-14);
    if (kind == models::Wanted::values) continue;
    const Tensor rebuilt = system.vectors[0].matmul(torch::diag(system.values[0])).matmul(system.vectors[0].t());
    CHECK(largest_difference(rebuilt, matrix[0]) < 1e-14);
  }
  const models::Eigensystem hopeless = models::eigh_descending(matrix, models::Wanted::values, {failing, failing});
  CHECK(hopeless.failures[0] == "the eigensolver gave up: linalg.eigh: the algorithm failed to converge");
  CHECK(hopeless.values.isnan().all().item<bool>());
}

TEST_CASE("what no matrix is to blame for is no failure of its lane") {
  const Tensor matrix = torch::eye(4, torch::kFloat64).unsqueeze(0);
  const auto& good = models::eigen_routes().front();
  const auto decompose = [&](const models::EigenRoute& first) {
    return models::eigh_descending(matrix, models::Wanted::values, {first, good});
  };
  CHECK_THROWS_AS(decompose([](const Tensor&, models::Wanted) -> std::pair<Tensor, Tensor> {
                    TORCH_CHECK(false, "cusolver error: CUSOLVER_STATUS_ALLOC_FAILED, when calling cusolverDnXsyevd");
                  }),
                  c10::Error);
  CHECK_THROWS_AS(decompose([](const Tensor&, models::Wanted) -> std::pair<Tensor, Tensor> {
                    TORCH_CHECK_LINALG(false, "cusolver error: CUSOLVER_STATUS_INVALID_VALUE");
                  }),
                  c10::Error);
  CHECK_THROWS_AS(decompose([](const Tensor&, models::Wanted) -> std::pair<Tensor, Tensor> {
                    TORCH_CHECK_WITH(OutOfMemoryError, false, "CUDA out of memory");
                  }),
                  c10::OutOfMemoryError);
}

TEST_CASE("lanes side by side are decomposed as lanes alone are, and the same way every time") {
  const int threads = torch::get_num_threads();
  for (const std::int64_t width : {5, 64, 300}) {
    std::vector<Tensor> matrices;
    for (int lane = 0; lane < 5; ++lane) {
      matrices.push_back(matrix_with(torch::rand({width}, torch::kFloat64).add(0.1 * lane)));
    }
    matrices[3][0][0] = std::numeric_limits<double>::infinity();
    torch::set_num_threads(4);
    const models::Eigensystem together = models::eigh_descending(torch::stack(matrices));
    const models::Eigensystem again = models::eigh_descending(torch::stack(matrices));
    torch::set_num_threads(threads);
    CHECK(torch::equal(together.values.nan_to_num(-1), again.values.nan_to_num(-1)));
    CHECK(torch::equal(together.vectors.nan_to_num(-1), again.vectors.nan_to_num(-1)));
    for (std::int64_t lane = 0; lane < 5; ++lane) {
      const Tensor& matrix = matrices[static_cast<std::size_t>(lane)];
      const models::Eigensystem alone = models::eigh_descending(matrix.unsqueeze(0));
      CHECK(together.failures[static_cast<std::size_t>(lane)] == alone.failures[0]);
      CHECK(together.failures[static_cast<std::size_t>(lane)].empty() == (lane != 3));
      if (lane == 3) continue;
      const Tensor values = together.values[lane], vectors = together.vectors[lane];
      CHECK(largest_difference(values, alone.values[0]) < 1e-14);
      CHECK(largest_difference(vectors.matmul(torch::diag(values)).matmul(vectors.t()), matrix) < 1e-14);
    }
  }
}

TEST_CASE("a lane without a finite covariance fails alone and says why") {
  Tensor matrices =
      torch::stack({matrix_with(torch::ones({4}, torch::kFloat64)), torch::zeros({4, 4}, torch::kFloat64)});
  matrices[0][2][1] = std::numeric_limits<double>::quiet_NaN();
  const models::Eigensystem system = models::eigh_descending(matrices);
  CHECK(system.failures == std::vector<std::string>{"the covariance of a hidden layer is not finite", ""});
  CHECK(system.values[0].isnan().all().item<bool>());
  CHECK(system.vectors[0].isnan().all().item<bool>());
  CHECK(torch::equal(system.values[1], torch::zeros({4}, torch::kFloat64)));
}

TEST_CASE("the covariance of Gaussian features has the eigenvalues that its construction gives") {
  // Uniform independent bytes have covariance s I; h = W x then has eigenvalues s times the squared singular values.
  const Tensor x = images(40000, 8);
  const Tensor scales = torch::arange(1, 9).pow(-0.5).to(torch::kFloat32);
  torch::manual_seed(2);
  auto [q, r] = torch::linalg_qr(torch::randn({8, 8}));
  ToyNetwork network({{q.matmul(torch::diag(scales)).unsqueeze(0), torch::zeros({1, 8})},
                      {torch::ones({1, 2, 8}), torch::zeros({1, 2})}},
                     [](const Tensor& h) { return h; });
  const Tensor covariance = models::hidden_covariances(network, x)[0];
  const Tensor values = models::eigh_descending(covariance, models::Wanted::values).values[0];
  const double variance = (256.0 * 256.0 - 1.0) / 12.0 / (255.0 * 255.0);
  const Tensor expected = variance * scales.to(torch::kFloat64).pow(2);
  // Sampling error of a variance of 40,000 samples: below sqrt(2 / 40000) = 0.7 %.
  CHECK(largest_difference(values / expected, torch::ones({8}, torch::kFloat64)) < 0.03);
}
