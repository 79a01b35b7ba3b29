// SPDX-License-Identifier: MIT
#include "eigensweep/study/plan/pack.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <set>

#include "small_catalog.hpp"

using namespace eigensweep;
using namespace eigensweep::study;

namespace {

const char* const pack_grid = R"({
  "name": "grid", "seed": {"sweep": {"range": [0, 4, 1]}},
  "model": {"width": {"sweep": [64, 256, 1000]}, "depth": {"sweep": [1, 2]}},
  "training": {"epochs": 2, "optimizer": {"learning_rate": {"sweep": [1e-3, 1e-2]}}},
  "regularizers": {"spectral": {"strength": {"sweep": [0, 0.5, 1]}}},
  "attacks": {"fgsm": {"epsilon": {"sweep": [0.1, 0.2]}}}
})";

// trial index -> in how many lanes it stands
std::map<std::size_t, int> lanes_of(const std::vector<Pack>& packs) {
  std::map<std::size_t, int> lanes;
  for (const Pack& pack : packs) {
    for (const Lane& lane : pack.lanes) ++lanes[lane.trial];
  }
  return lanes;
}

}  // namespace

TEST_CASE("every trial stands in exactly one pack, with trials of its shape, within the memory") {
  const Study study = parse(pack_grid);
  for (const std::size_t workers : {1, 2, 7, 64}) {
    PackLimits limits;
    limits.workers = workers;
    limits.memory = 5e8;
    const std::vector<Pack> packs = form_packs(study, small_catalog(), {}, limits);
    const std::map<std::size_t, int> lanes = lanes_of(packs);
    CHECK(lanes.size() == study.trials.size());
    CHECK(std::all_of(lanes.begin(), lanes.end(), [](const auto& lane) { return lane.second == 1; }));
    double total = 0;
    for (const Pack& pack : packs) total += pack.flops;
    for (const Pack& pack : packs) {
      CHECK(pack.bytes <= limits.memory);
      // At least two packs' worth of work for every worker, unless a single trial is more than that.
      if (workers > 1 && pack.lanes.size() > 1) {
        CHECK(pack.flops <= 1.0001 * total / (2.0 * static_cast<double>(workers)));
      }
      CHECK(pack.bytes == predicted_bytes(study, small_catalog(), pack.lanes, pack.evaluations));
      CHECK(pack.flops == Approx(predicted_flops(study, small_catalog(), pack.lanes, pack.evaluations)));
      std::set<std::string> shapes;
      for (const Lane& lane : pack.lanes) shapes.insert(shape_key(study, small_catalog(), study.trials[lane.trial]));
      CHECK(shapes.size() == 1);
    }
    CHECK(std::is_sorted(packs.begin(), packs.end(), [](const Pack& a, const Pack& b) { return a.flops > b.flops; }));
  }
}

TEST_CASE("the same work makes the same packs") {
  const Study study = parse(pack_grid);
  const std::vector<Pack> one = form_packs(study, small_catalog(), {}, {});
  const std::vector<Pack> other = form_packs(parse(pack_grid), small_catalog(), {}, {});
  REQUIRE(one.size() == other.size());
  std::set<std::string> ids;
  for (std::size_t i = 0; i < one.size(); ++i) {
    CHECK(one[i].id == other[i].id);
    ids.insert(one[i].id);
  }
  CHECK(ids.size() == one.size());
}

TEST_CASE("small networks are packed, wide ones run alone, and lanes of one seed stand together") {
  const Study study = parse(pack_grid);
  std::size_t most_narrow = 0;
  for (const Pack& pack : form_packs(study, small_catalog(), {}, {})) {
    const Json& config = study.config(study.trials[pack.lanes.front().trial]);
    if (config.at("model").at("width") == 64) most_narrow = std::max(most_narrow, pack.lanes.size());
    if (config.at("model").at("width") == 1000) CHECK(pack.lanes.size() == 1);
    long long last = 0;
    for (const Lane& lane : pack.lanes) {
      const auto seed = study.config(study.trials[lane.trial]).at("seed").get<long long>();
      CHECK(seed >= last);
      last = seed;
    }
  }
  CHECK(most_narrow >= 8);
  PackLimits limits;
  limits.most_lanes = 3;
  for (const Pack& pack : form_packs(study, small_catalog(), {}, limits)) CHECK(pack.lanes.size() <= 3);
}

TEST_CASE("what is done is not done again") {
  const Study study = parse(R"({"name": "a", "model": {"width": 64}, "seed": {"sweep": [0, 1, 2, 3, 4, 5]},
      "metrics": {"accuracy": {}}, "attacks": {"fgsm": {"epsilon": {"sweep": [0.1, 0.2]}}}})");
  const std::vector<Evaluation>& wanted = study.evaluations(study.trials.front());
  REQUIRE(wanted.size() == 2);
  const auto attack =
      std::find_if(wanted.begin(), wanted.end(), [](const auto& e) { return e.family == Family::attack; });
  const auto metric =
      std::find_if(wanted.begin(), wanted.end(), [](const auto& e) { return e.family == Family::metric; });
  Done done;
  const auto id = [&study](std::size_t trial) { return study.trials[trial].id; };
  for (const std::size_t trial : {0, 1, 2, 3}) done.trained.insert(id(trial));
  // 0: all there. 1: one intensity missing, model there. 2: the same, model gone. 3: diverged. 4, 5: nothing there.
  done.with_model = {id(0), id(1), id(3)};
  done.hopeless = {id(3)};
  done.evaluated[id(0)] = {{attack->id, {0.1, 0.2}}, {metric->id, {}}};
  done.evaluated[id(1)] = {{attack->id, {0.1}}, {metric->id, {}}};
  done.evaluated[id(2)] = {{attack->id, {0.1}}, {metric->id, {}}};
  const std::vector<Pack> packs = form_packs(study, small_catalog(), done, {});
  const std::map<std::size_t, int> lanes = lanes_of(packs);
  CHECK(lanes == std::map<std::size_t, int>{{1, 1}, {2, 1}, {4, 1}, {5, 1}});
  for (const Pack& pack : packs) {
    for (const Lane& lane : pack.lanes) {
      CHECK(lane.train == (lane.trial != 1));
      if (lane.trial == 1) {
        REQUIRE(pack.evaluations.size() == 1);
        CHECK(pack.evaluations.front().id == attack->id);
        CHECK(pack.evaluations.front().intensities == std::vector<double>{0.2});
      } else {
        CHECK(pack.evaluations.size() == 2);
      }
    }
  }
}

TEST_CASE("packs that can be gone on with keep their lanes, however much is left") {
  const Study study = parse(R"({"name": "a", "model": {"width": 64}, "seed": {"sweep": {"range": [0, 23, 1]}}})");
  PackLimits limits;
  limits.workers = 2;
  const std::vector<Pack> all = form_packs(study, small_catalog(), {}, limits);
  REQUIRE(all.size() > 3);
  const auto trials_of = [&](const Pack& pack) {
    std::vector<std::string> ids;
    for (const Lane& lane : pack.lanes) ids.push_back(study.trials[lane.trial].id);
    return ids;
  };
  Done done;
  for (std::size_t i = 0; i + 2 < all.size(); ++i) {  // all but two packs are finished
    for (const Lane& lane : all[i].lanes) done.hopeless.insert(study.trials[lane.trial].id);
  }
  const Pack &first = all[all.size() - 2], &second = all.back();
  const auto ids_of = [](const std::vector<Pack>& packs) {
    std::set<std::string> ids;
    for (const Pack& pack : packs) ids.insert(pack.id);
    return ids;
  };
  CHECK(ids_of(form_packs(study, small_catalog(), done, limits)).count(second.id) == 0);  // cut finer, for two workers
  done.under_way = {trials_of(second), {"no such trial"}, {trials_of(first).front(), "nor this"}};
  const std::vector<Pack> left = form_packs(study, small_catalog(), done, limits);
  CHECK(ids_of(left).count(second.id) == 1);
  std::size_t lanes = 0;
  for (const Pack& pack : left) lanes += pack.lanes.size();
  CHECK(lanes == first.lanes.size() + second.lanes.size());
}

TEST_CASE("the plan's numbers follow from the network's size") {
  const Study study = parse(R"({"name": "a", "model": {"width": 100, "depth": 2}, "seed": {"sweep": [0, 1]},
      "training": {"epochs": 3, "batch_size": 600}, "metrics": {}})");
  PackLimits limits;
  limits.workers = 2;
  const Json plan = study::plan(study, small_catalog(), {}, limits, 1e9);
  // Forward 2 (784 N + N N + N C), three times that without the first layer's input gradient; 15 per weight and step.
  const double forward = 2.0 * (784 * 100 + 100 * 100 + 100 * 10);
  const double parameters = 784 * 100 + 100 + 100 * 100 + 100 + 100 * 10 + 10;
  const double one = 3.0 * 60000 * (3 * forward - 2.0 * 784 * 100) + 3 * 100 * parameters * 15;
  CHECK(plan.at("trials") == 2);
  CHECK(plan.at("points") == 2);
  CHECK(plan.at("packs") == 2);
  CHECK(plan.at("trials_to_train") == 2);
  CHECK(plan.at("flops").get<double>() == Approx(2 * one));
  CHECK(plan.at("seconds").get<double>() == Approx(one / 1e9));
  CHECK(plan.at("axes").size() == 1);
  CHECK(plan.at("axes")[0].at("role") == "replicate");
  Done done;
  for (const Trial& trial : study.trials) done.trained.insert(trial.id);
  const Json after = study::plan(study, small_catalog(), done, limits, 1e9);
  CHECK(after.at("trials_done") == 2);
  CHECK(after.at("packs") == 0);
  CHECK(after.at("seconds") == 0.0);
}

TEST_CASE("the plan counts float64 twice, the network that is subtracted, and the networks that are kept on the way") {
  const auto plan = [](const std::string& model, const std::string& training) {
    const Study study = parse(R"({"name": "a", "model": {"width": 100, "depth": 2)" + model +
                              R"(}, "training": {"epochs": 3, "batch_size": 600)" + training + R"(}, "metrics": {}})");
    return study::plan(study, small_catalog(), {}, {}, 1e9);
  };
  const auto flops = [&](const std::string& model) { return plan(model, "").at("flops").get<double>(); };
  const auto bytes = [&](const std::string& training) {
    return plan("", training).at("bytes_of_largest_pack").get<double>();
  };
  const double forward = 2.0 * (784 * 100 + 100 * 100 + 100 * 10);
  const double parameters = 784 * 100 + 100 + 100 * 100 + 100 + 100 * 10 + 10;
  CHECK(flops(R"(, "precision": "float64")") == Approx(2 * flops("")));
  CHECK(flops(R"(, "centre_output": true)") == Approx(flops("") + 3.0 * 60000 * forward));
  CHECK(bytes(R"(, "snapshots": 2)") == Approx(bytes("") + cpu_core.memory_growth * 2 * 4 * parameters));
}

TEST_CASE("a large study is expanded and packed whole") {
  const Study study = parse(R"({"name": "large", "seed": {"sweep": {"range": [1, 2000, 1]}},
      "model": {"width": {"sweep": [32, 64]}}, "training": {"epochs": 1},
      "regularizers": {"spectral": {"strength": {"sweep": [0.1, 0.2, 0.3, 0.4, 0.5]}}}})");
  REQUIRE(study.trials.size() == 20000);
  PackLimits limits;
  limits.workers = 16;
  const std::vector<Pack> packs = form_packs(study, small_catalog(), {}, limits);
  CHECK(lanes_of(packs).size() == 20000);
}

namespace {

double bytes_for(const std::string& dataset, const std::string& metrics) {
  const Study study = parse(
      fmt::format(R"({{"name": "a", "model": {{"width": 64}}, "dataset": {}, "metrics": {}}})", dataset, metrics));
  return study::plan(study, small_catalog(), {}, {}, 1e9).at("bytes_of_largest_pack").get<double>();
}

}  // namespace

TEST_CASE("the plan counts the memory of kernels, by the dataset's number of classes") {
  const auto of_classes = [](int classes, const char* metrics) {
    return bytes_for(fmt::format(R"({{"kind": "gaussian", "train_samples": 4000, "classes": {}}})", classes), metrics);
  };
  const double plain = of_classes(100, "{}");
  CHECK(of_classes(10, R"({"kernel_regression": {"train_samples": 200}})") > 8 * std::pow(200 * 10, 2));
  CHECK(of_classes(100, R"({"kernel_regression": {"train_samples": 200}})") > 8 * std::pow(200 * 100, 2));
  CHECK(of_classes(100, R"({"kernel_regression": {"train_samples": 200}})") < 12 * 8 * std::pow(200 * 100, 2) + plain);
  CHECK(of_classes(2, R"({"kernel_regime": {"samples": 4000, "split": "train"}})") > 6 * 8 * std::pow(4000, 2));
  CHECK(of_classes(100, R"({"kernel_regime": {"samples": 1000}})") >
        of_classes(10, R"({"kernel_regime": {"samples": 1000}})"));
  CHECK(of_classes(10, R"({"accuracy": {}})") < 1.5 * of_classes(10, "{}"));
}

TEST_CASE("fewer networks share a pack where a metric needs much memory") {
  const auto lanes = [](const char* metrics) {
    const Study study = parse(fmt::format(
        R"({{"name": "a", "model": {{"width": 64}}, "seed": {{"sweep": {{"range": [1, 8, 1]}}}}, "metrics": {}}})",
        metrics));
    std::size_t most = 0;
    for (const Pack& pack : form_packs(study, small_catalog(), {}, {})) {
      CHECK(pack.bytes <= PackLimits{}.memory);
      most = std::max(most, pack.lanes.size());
    }
    return most;
  };
  CHECK(lanes("{}") == 8);
  CHECK(lanes(R"({"kernel_regression": {}})") < 4);
}

TEST_CASE("a trial that no worker has the memory for is warned of, with what it is for") {
  const auto words = [](const std::string& study_text, double memory) {
    const Study study = parse(study_text);
    const std::vector<Pack> packs = form_packs(study, small_catalog(), {}, {});
    const std::string found = memory_words(study, small_catalog(), packs, memory);
    PackLimits limits;
    limits.memory = memory;
    const Json warnings = study::plan(study, small_catalog(), {}, limits, 1e9).at("warnings");
    const auto is_found = [&found](const Json& one) { return one == found; };
    CHECK(std::count_if(warnings.begin(), warnings.end(), is_found) == (found.empty() ? 0 : 1));
    if (found.empty()) CHECK(warnings.dump().find("GiB") == std::string::npos);
    return found;
  };
  const char* const regression =
      R"({"name": "a", "model": {"width": 64}, "metrics": {"fit": {"kind": "kernel_regression", "train_samples": 1000}}})";
  CHECK(words(regression, 1e10).empty());
  const std::string trial = parse(regression).trials.front().id;
  CHECK_THAT(words(regression, 4e9),
             Catch::Matches("trial " + trial +
                            " needs about [0-9.]+ GiB for metric 'fit', more than the 3.7 GiB of a "
                            "worker \\(it would be killed, and the trial given up\\); ask for fewer samples there, or "
                            "give each worker more memory"));
  CHECK_THAT(words(R"({"name": "a", "model": {"width": 30000, "depth": 3}, "metrics": {}})", 4e9),
             Catch::Contains(" for its training, more than the ") &&
                 Catch::EndsWith("; choose a smaller network, batch or training set, or give each worker more memory"));
}
