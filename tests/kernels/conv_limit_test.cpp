// SPDX-License-Identifier: MIT
#include "eigensweep/kernels/conv_limit.hpp"

#include <catch2/catch.hpp>

#include "eigensweep/kernels/dual.hpp"
#include "eigensweep/models/model.hpp"
#include "resolved.hpp"

using namespace eigensweep;
using kernels::ConvNetwork;
using kernels::Limit;
using torch::Tensor;

namespace {

Tensor wave_images(std::int64_t count, const ConvNetwork& network) {
  const auto& shape = network.input_shape;
  const std::int64_t size = shape[0] * shape[1] * shape[2];
  return (0.3 * torch::arange(1, count * size + 1, torch::kFloat64)).sin().view({count, size});
}

double off_by(const Tensor& a, const Tensor& b) { return ((a - b).abs() / b.abs().max()).max().item<double>(); }

struct ConvGolden {
  ConvNetwork network;
  std::vector<double> nngp, ntk;  // entries 11, 12, 13, 23
};

// By google/neural-tangents 0.6.5 with jax_enable_x64, images sin(0.3 k), k = 1, 2, ... over (image, channel, row,
// column), NHWC for it: stax.serial(per block stax.Conv(1, (k, k), (s, s), 'VALID', W_std=2**.5, b_std=.1**.5),
// act[, stax.AvgPool((2, 2), (2, 2), 'VALID')]; stax.Flatten(), Dense, act, Dense)[2](x, None, ('nngp', 'ntk')), act =
// stax.Relu(), stax.Erf() or stax.Gelu(), Dense = stax.Dense(1, W_std=2**.5, b_std=.1**.5).
const std::vector<ConvGolden> conv_golden{
    {{{2, 7, 6}, 2, 3, 1, false, "relu", 2, 0.1},
     {1.412873982793, 1.410336154275, 1.403726959930, 1.409444358223},
     {5.051495930822, 4.909971924074, 4.758180142040, 4.906397308186}},
    {{{1, 9, 8}, 2, 2, 1, true, "relu", 2, 0.1},
     {0.824267969942, 0.775178785139, 0.815177790869, 0.775654852695},
     {2.379508845338, 1.920752780869, 2.236960565752, 1.922158198187}},
    {{{2, 9, 8}, 2, 2, 1, true, "erf", 2, 0.1},
     {0.763027332589, 0.721757036924, 0.638852389558, 0.719687858774},
     {2.570672077697, 2.350323564079, 1.953732706370, 2.343642899375}},
    {{{1, 9, 8}, 2, 2, 1, true, "gelu", 2, 0.1},
     {0.441578803510, 0.403461070193, 0.434937212228, 0.403821733060},
     {1.304762057478, 1.087360679013, 1.265304901372, 1.088502556722}},
    {{{1, 9, 8}, 2, 3, 2, false, "erf", 2, 0.1},
     {1.045863962047, -0.206240175635, 0.729509273697, -0.203441769527},
     {4.994304456734, -1.480566335157, 2.681742367560, -1.465947934523}},
    {{{3, 9, 10}, 1, 3, 2, true, "relu", 2, 0.1},
     {1.247685483105, 1.086300297748, 0.816536003202, 1.036264236421},
     {3.328929257605, 2.460097284013, 1.390912533496, 2.310217375426}},
    {{{1, 23, 22}, 3, 3, 1, true, "relu", 2, 0.1},
     {1.186658599005, 1.143918967425, 1.062065155424, 1.144162850835},
     {4.077908142358, 3.471358239374, 2.744549529008, 3.472999149248}},
};

/// The recursion as it is written, over all pairs of positions, between two images [d]: {nngp, ntk}.
std::array<double, 2> by_all_pairs(const ConvNetwork& network, const Tensor& one, const Tensor& other) {
  const auto& shape = network.input_shape;
  std::int64_t height = shape[1], width = shape[2];
  // For (one, one), (one, other), (other, other): [H W, H W].
  std::array<Tensor, 3> gram;
  const auto positions = [&](const Tensor& x) { return x.view({shape[0], -1}); };
  const auto product = [&](const Tensor& a, const Tensor& b) {
    return positions(a).t().matmul(positions(b)) / static_cast<double>(shape[0]);
  };
  gram = {product(one, one), product(one, other), product(other, other)};
  Tensor ntk = torch::zeros_like(gram[1]);
  const auto affine = [&](const Tensor& g) { return network.weight * g + network.bias; };
  const auto windows = [&](const Tensor& g, std::int64_t size, std::int64_t stride) {  // means of equal places
    Tensor cut = g.view({height, width, height, width});
    for (int dim = 0; dim < 4; ++dim) cut = cut.unfold(dim, size, stride);
    return cut;  // [H', W', H', W', size, size, size, size]
  };
  const auto convolve = [&](const Tensor& g) {
    Tensor cut = windows(g, network.kernel, network.stride);
    cut = cut.diagonal(0, 4, 6).diagonal(0, 4, 5);
    const Tensor mean = cut.mean({4, 5});
    return mean.reshape({mean.size(0) * mean.size(1), -1});
  };
  const auto pool = [&](const Tensor& g) {
    const Tensor mean = windows(g, 2, 2).mean({4, 5, 6, 7});
    return mean.reshape({mean.size(0) * mean.size(1), -1});
  };
  const auto nonlinearity = [&](Tensor& tangent) {
    const Tensor q1 = gram[0].diagonal().clone(), q2 = gram[2].diagonal().clone();
    const kernels::Dual both = kernels::dual(network.activation, gram[1], q1, q2);
    tangent = tangent * both.slope;
    gram = {kernels::dual(network.activation, gram[0], q1, q1).value, both.value,
            kernels::dual(network.activation, gram[2], q2, q2).value};
    gram[0].diagonal().copy_(kernels::dual_diagonal(network.activation, q1).value);
    gram[2].diagonal().copy_(kernels::dual_diagonal(network.activation, q2).value);
  };
  for (std::int64_t block = 0; block < network.depth; ++block) {
    for (Tensor& g : gram) g = affine(convolve(g));
    ntk = gram[1] + network.weight * convolve(ntk);
    height = (height - network.kernel) / network.stride + 1;
    width = (width - network.kernel) / network.stride + 1;
    nonlinearity(ntk);
    if (!network.pools) continue;
    for (Tensor& g : gram) g = pool(g);
    ntk = pool(ntk);
    height /= 2;
    width /= 2;
  }
  const auto flatten = [](const Tensor& g) { return g.diagonal().mean().view({1, 1}); };
  for (Tensor& g : gram) g = affine(flatten(g));
  ntk = gram[1] + network.weight * flatten(ntk);
  nonlinearity(ntk);
  const Tensor nngp = affine(gram[1]);
  return {nngp.item<double>(), (nngp + network.weight * ntk).item<double>()};
}

Json wide_cnn(const ConvNetwork& network) {
  return resolved(study::Family::model, {{"kind", "cnn"},
                                         {"depth", network.depth},
                                         {"channels", 128},
                                         {"kernel_size", network.kernel},
                                         {"stride", network.stride},
                                         {"pooling", network.pools ? "average" : "none"},
                                         {"width", 512},
                                         {"activation", network.activation},
                                         {"parametrisation", "ntk"},
                                         {"weight_variance", network.weight},
                                         {"bias_variance", network.bias}});
}

}  // namespace

TEST_CASE("the kernels of infinitely many channels equal those of neural-tangents") {
  for (const ConvGolden& row : conv_golden) {
    const Tensor x = wave_images(3, row.network);
    const Limit limit = kernels::conv_limit(row.network, x, x);
    const std::vector<std::array<int, 2>> places{{0, 0}, {0, 1}, {0, 2}, {1, 2}};
    INFO(row.network.activation << " pools " << row.network.pools << " stride " << row.network.stride);
    for (std::size_t i = 0; i < places.size(); ++i) {
      CHECK(limit.nngp[places[i][0]][places[i][1]].item<double>() == Approx(row.nngp[i]).epsilon(1e-9));
      CHECK(limit.ntk[places[i][0]][places[i][1]].item<double>() == Approx(row.ntk[i]).epsilon(1e-9));
    }
  }
}

TEST_CASE("the pairs of positions that are kept give what all pairs give") {
  for (const std::string activation : {"relu", "tanh"}) {
    for (const ConvNetwork& network : {ConvNetwork{{2, 8, 7}, 2, 3, 1, false, activation, 1.7, 0.1},
                                       ConvNetwork{{1, 9, 12}, 2, 3, 2, false, activation, 2, 0},
                                       ConvNetwork{{2, 11, 13}, 2, 2, 1, true, activation, 1.5, 0.2},
                                       ConvNetwork{{1, 22, 23}, 2, 2, 2, true, activation, 1.5, 0.2}}) {
      const Tensor x = wave_images(2, network);
      const std::array<double, 2> wanted = by_all_pairs(network, x[0], x[1]);
      const Limit limit = kernels::conv_limit(network, x.slice(0, 0, 1), x.slice(0, 1, 2));
      INFO(activation << " pools " << network.pools << " stride " << network.stride);
      CHECK(limit.nngp.item<double>() == Approx(wanted[0]).epsilon(1e-12));
      CHECK(limit.ntk.item<double>() == Approx(wanted[1]).epsilon(1e-12));
    }
  }
}

TEST_CASE("of images of one pixel a convolution is a dense layer") {
  for (const std::string activation : {"relu", "erf", "gelu", "tanh"}) {
    const ConvNetwork network{{5, 1, 1}, 2, 1, 1, false, activation, 1.7, 0.2};
    const Tensor x1 = wave_images(4, network), x2 = 0.5 + wave_images(6, network);
    const Limit ours = kernels::conv_limit(network, x1, x2, true);
    const Limit dense = kernels::dense_limit(kernels::ntk_laws(3, 1.7, 0.2), activation, x1, x2, true);
    CHECK(off_by(ours.nngp, dense.nngp) < 1e-14);
    CHECK(off_by(ours.ntk, dense.ntk) < 1e-14);
    REQUIRE(ours.hidden.size() == 3);
    for (std::size_t layer = 0; layer < 3; ++layer) CHECK(off_by(ours.hidden[layer], dense.hidden[layer]) < 1e-14);
  }
}

TEST_CASE("kernels of images taken block by block are those of each pair") {
  torch::manual_seed(3);
  const ConvNetwork network{{1, 28, 28}, 2, 3, 1, false, "relu", 2, 0.1};
  const Tensor x1 = torch::rand({30, 784}, torch::kFloat64), x2 = torch::rand({40, 784}, torch::kFloat64);
  const Limit whole = kernels::conv_limit(network, x1, x2, true);
  for (const std::int64_t i : {0, 13, 14, 29}) {
    for (const std::int64_t j : {0, 12, 17, 39}) {
      const Limit pair = kernels::conv_limit(network, x1.narrow(0, i, 1), x2.narrow(0, j, 1), true);
      CHECK(pair.ntk.item<double>() == Approx(whole.ntk[i][j].item<double>()).epsilon(1e-13));
      CHECK(pair.nngp.item<double>() == Approx(whole.nngp[i][j].item<double>()).epsilon(1e-13));
      CHECK(pair.hidden[1].item<double>() == Approx(whole.hidden[1][i][j].item<double>()).epsilon(1e-13));
    }
  }
  // Between a set and itself, half of the blocks are copies.
  const Limit same = kernels::conv_limit(network, x2, x2, true),
              unlike = kernels::conv_limit(network, x2, x2.clone(), true);
  CHECK(off_by(same.ntk, unlike.ntk) < 1e-13);
  CHECK(off_by(same.hidden[2], unlike.hidden[2]) < 1e-13);
}

TEST_CASE("kernels of images can be differentiated by both sets, also at a training sample") {
  torch::manual_seed(4);
  for (const std::string activation : {"relu", "erf", "gelu", "tanh"}) {
    for (const bool pools : {false, true}) {
      const ConvNetwork network{{2, 6, 7}, 1, 3, 1, pools, activation, 1.5, 0.1};
      const Tensor x1 = torch::rand({2, 84}, torch::kFloat64), x2 = torch::rand({3, 84}, torch::kFloat64);
      const Tensor weights = torch::linspace(-1, 1, 6, torch::kFloat64).view({2, 3});
      const auto value = [&](const Tensor& a, const Tensor& b) {
        const Limit limit = kernels::conv_limit(network, a, b);
        return ((limit.ntk + 0.5 * limit.nngp) * weights).sum();
      };
      const Tensor a = x1.clone().requires_grad_(true), b = x2.clone().requires_grad_(true);
      const auto gradients = torch::autograd::grad({value(a, b)}, {a, b});
      for (const std::int64_t i : {0, 9, 23, 50, 83}) {
        const double h = 1e-5;
        const auto slope = [&](bool of_first) {
          Tensor right = (of_first ? x1 : x2).clone(), left = right.clone();
          right[1][i] += h;
          left[1][i] -= h;
          return ((of_first ? value(right, x2) - value(left, x2) : value(x1, right) - value(x1, left)) / (2 * h))
              .item<double>();
        };
        INFO(activation << " pools " << pools << " pixel " << i);
        CHECK(gradients[0][1][i].item<double>() == Approx(slope(true)).epsilon(1e-6).margin(1e-9));
        CHECK(gradients[1][1][i].item<double>() == Approx(slope(false)).epsilon(1e-6).margin(1e-9));
      }
      // At training samples; and for black patches without bias, whose variance is 0.
      for (const double bias : {0.1, 0.0}) {
        ConvNetwork black = network;
        black.bias = bias;
        Tensor dark = x2.clone();
        dark.view({3, 2, 6, 7}).narrow(2, 0, 5).narrow(3, 0, 4).zero_();
        const Tensor same = dark.slice(0, 0, 2).clone().requires_grad_(true);
        const Limit limit = kernels::conv_limit(black, same, dark);
        CHECK(limit.ntk.isfinite().all().item<bool>());
        CHECK(torch::autograd::grad({(limit.ntk + limit.nngp).sum()}, {same})[0].isfinite().all().item<bool>());
      }
    }
  }
}

TEST_CASE("wide convolutional networks approach the one of infinitely many channels") {
  torch::manual_seed(5);
  for (const ConvNetwork& network :
       {ConvNetwork{{2, 7, 6}, 2, 3, 1, false, "relu", 2, 0.1}, ConvNetwork{{1, 8, 8}, 1, 3, 1, true, "erf", 1.5, 0.05},
        ConvNetwork{{1, 8, 7}, 1, 3, 2, false, "tanh", 1.5, 0.05}}) {
    const auto& shape = network.input_shape;
    const Tensor x = torch::rand({4, shape[0] * shape[1] * shape[2]}, torch::kFloat64);
    const Limit limit = kernels::conv_limit(network, x, x, true);
    CHECK(torch::equal(limit.nngp, network.weight * limit.hidden.back() + network.bias));

    std::vector<std::uint64_t> seeds(20);
    std::iota(seeds.begin(), seeds.end(), 0);
    const auto nets = models::make_model(wide_cnn(network), {4, 4, shape, 1}, seeds, torch::kCPU);
    const models::Output out =
        nets->forward(models::Inputs::shared(x.to(torch::kFloat32), nets->lanes()), models::Mode::evaluate);
    std::vector<Tensor> parameters;
    for (const auto& named : nets->parameters()) parameters.push_back(named.tensor);
    std::vector<Tensor> jacobian;  // per sample [E, P]
    for (std::int64_t i = 0; i < 4; ++i) {
      const auto parts = torch::autograd::grad({out.logits.select(2, i).sum()}, parameters, {}, /*retain_graph=*/true);
      std::vector<Tensor> flat;
      for (const Tensor& part : parts) flat.push_back(part.flatten(1));
      jacobian.push_back(torch::cat(flat, 1));
    }
    const Tensor j = torch::stack(jacobian, 1);  // [E, n, P]
    const Tensor ntk = torch::bmm(j, j.transpose(1, 2)).mean(0).to(torch::kFloat64);
    INFO(network.activation << " pools " << network.pools << " stride " << network.stride);
    CHECK(((ntk - limit.ntk).norm() / limit.ntk.norm()).item<double>() < 0.06);
    REQUIRE(out.hidden.size() == limit.hidden.size());
    for (std::size_t layer = 0; layer < limit.hidden.size(); ++layer) {
      const Tensor h = out.hidden[layer].detach().to(torch::kFloat64);  // [E, N, n]
      const Tensor gram = torch::bmm(h.transpose(1, 2), h).mean(0) / static_cast<double>(h.size(1));
      CHECK(((gram - limit.hidden[layer]).norm() / limit.hidden[layer].norm()).item<double>() < 0.06);
    }
  }
}
