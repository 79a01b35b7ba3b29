// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/run/measure.hpp"

#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"
#include "eigensweep/core/temporary.hpp"
#include "eigensweep/sweep/schedule/coordinator.hpp"
#include "eigensweep/wire/codec.hpp"
#include "eigensweep/wire/ledger.hpp"
#include "eigensweep/wire/task.hpp"

namespace eigensweep::sweep {
namespace {

double now_of(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// Seconds of one call: the median of several measurements of a tenth of a second each. With the CPU clock of the
/// process, other programs do not count.
double seconds_of(clockid_t clock, const std::function<void()>& call) {
  constexpr int stretches = 5;
  constexpr double stretch = 0.1;
  std::vector<double> means;
  for (int i = 0; i < stretches; ++i) {
    const double start = now_of(clock);
    const double start_on_wall = now_of(CLOCK_MONOTONIC);
    int calls = 0;
    do {
      call();
      ++calls;
    } while (now_of(CLOCK_MONOTONIC) - start_on_wall < stretch);
    means.push_back((now_of(clock) - start) / calls);
  }
  std::sort(means.begin(), means.end());
  return means[stretches / 2];
}

/// A record like a worker's: an attack at ten intensities, or a spectrum of three layers of width 256; 2 to 7 KB.
wire::Record usual_record(int i) {
  wire::Record record;
  record.kind = wire::RecordKind::evaluation;
  record.trial = fmt::format("{:016x}", i);
  record.evaluation = i % 2 == 0 ? "fgsm-0123456789ab" : "spectrum-0123456789ab";
  record.provenance = {{"host", "node0123"}, {"device", "cuda:0"}, {"torch", "2.13.0"},    {"threads", 8},
                       {"seconds", 1.25},    {"lane", i % 16},     {"pack", record.trial}, {"warnings", Json::array()}};
  const std::vector<double> intensities{0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.1};
  if (i % 2 == 0) {
    record.intensities = intensities;
    record.columns["robust_accuracy"] = wire::Array::of(intensities);
    record.columns["robust_loss"] = wire::Array::of(intensities);
  } else {
    record.columns["eigenvalues"] = wire::Array::of(std::vector<double>(768, 0.5), {3, 256});
    for (const char* name : {"exponent", "r_squared", "effective_rank"}) {
      record.columns[name] = wire::Array::of({1, 1, 1});
    }
  }
  return record;
}

/// A pack of sixteen trials with three evaluations.
wire::PackTask usual_task() {
  wire::PackTask task;
  task.pack = "0123456789abcdef";
  const Json config = {
      {"dataset", {{"kind", "mnist"}, {"train_samples", 60000}, {"test_samples", 10000}, {"normalization", "none"}}},
      {"model", {{"kind", "mlp"}, {"width", 256}, {"depth", 3}, {"activation", "tanh"}, {"bias", true}}},
      {"training",
       {{"epochs", 10},
        {"batch_size", 384},
        {"last_batch", "drop"},
        {"optimizer", {{"kind", "adam"}, {"learning_rate", 1e-3}, {"beta1", 0.9}, {"beta2", 0.999}, {"amsgrad", true}}},
        {"schedule", {{"kind", "constant"}}}}},
      {"regularizers", {{"spectral", {{"kind", "spectral"}, {"strength", 1.0}, {"exponent", 1.0}, {"cutoff", 10}}}}},
      {"seed", 7}};
  for (int i = 0; i < 16; ++i) {
    task.lanes.push_back({fmt::format("{:016x}", i), config, true, fmt::format("runs/study/models/{:016x}", i)});
  }
  for (const char* label : {"fgsm", "pgd", "spectrum"}) {
    task.evaluations.push_back({"0123456789abcdef", "attack", label, label, {{"steps", 40}}, {0.01, 0.02, 0.05, 0.1}});
  }
  return task;
}

wire::Bytes letter_with(const wire::Record& record) { return wire::framed(wire::Event{0, wire::encoded(record)}); }

wire::EncodedRecord record_in(const wire::Bytes& letter) {
  wire::ToLeader message = std::move(wire::unframed_all<wire::ToLeader>(letter).front());
  return std::get<wire::EncodedRecord>(std::move(std::get<wire::Event>(message).what));
}

class TemporaryLedger {
 public:
  explicit TemporaryLedger(const std::filesystem::path& folder)
      : file_(made(folder), "measure.ledger", folder), ledger_(file_.path()) {}
  wire::Ledger& operator*() { return ledger_; }

 private:
  static const std::filesystem::path& made(const std::filesystem::path& folder) {
    file::make_folder(folder);
    return folder;
  }

  file::Temporary file_;
  wire::Ledger ledger_;
};

}  // namespace

CoordinatorCosts measure_costs(const std::filesystem::path& folder) {
  CoordinatorCosts costs;
  const wire::Bytes progress =
      wire::framed(wire::Event{0, wire::Progress{"0123456789abcdef", wire::Stage::train, "", "", 3, 10, 17, 156,
                                                 std::vector<double>(16, 0.123)}});
  constexpr clockid_t own = CLOCK_PROCESS_CPUTIME_ID;
  std::size_t fields = 0;
  costs.message = seconds_of(own, [&] { fields += wire::unframed_all<wire::ToLeader>(progress).size(); });
  std::vector<wire::Bytes> letters;
  for (int i = 0; i < 64; ++i) letters.push_back(letter_with(usual_record(i)));
  TemporaryLedger ledger(folder);
  const auto append = [&](std::size_t count) {
    std::vector<wire::EncodedRecord> records;
    for (std::size_t i = 0; i < count; ++i) records.push_back(record_in(letters[i % letters.size()]));
    (*ledger).append_encoded(records);
  };
  constexpr std::size_t many = 2048;
  costs.record = std::max(0.0, seconds_of(own, [&] { append(many); }) / static_cast<double>(many));
  costs.append = std::max(0.0, seconds_of(CLOCK_MONOTONIC, [&] { append(1); }) - costs.record);
  const double all = seconds_of(CLOCK_MONOTONIC, [&] { append(many); });
  costs.disk = std::max(0.0, (all - costs.append) / static_cast<double>(many) - costs.record);
  const wire::PackTask task = usual_task();
  costs.dispatch = seconds_of(own, [&] { fields += wire::framed(wire::Give{0, wire::encode(task)}).size(); });
  EIGENSWEEP_EXPECT(fields > 0);  // uses the results, so that the compiler cannot drop the calls
  return costs;
}

DriveResult drive_coordinator(const std::filesystem::path& folder, std::size_t packs, std::size_t together) {
  SyntheticWork work;
  work.most_lanes = 16;
  work.trials = packs * work.most_lanes;
  std::vector<wire::Bytes> letters;
  for (int i = 0; i < 64; ++i) letters.push_back(letter_with(usual_record(i)));
  const wire::PackTask task = usual_task();
  TemporaryLedger ledger(folder);
  Coordinator coordinator(synthetic_packs(work, together), true);
  for (std::size_t worker = 0; worker < together; ++worker) coordinator.ready(worker);
  DriveResult result;
  std::size_t sent = 0;
  const double start = now_of(CLOCK_MONOTONIC);
  const double start_of_own = now_of(CLOCK_PROCESS_CPUTIME_ID);
  for (auto running = coordinator.take_dispatches(); !running.empty(); running = coordinator.take_dispatches()) {
    std::vector<wire::EncodedRecord> records;
    const auto receive = [&](const Dispatch& dispatch, std::size_t trial, const std::string& evaluation) {
      wire::EncodedRecord record = record_in(letters[records.size() % letters.size()]);
      if (coordinator.recorded(dispatch.worker, trial, evaluation, record.status)) records.push_back(std::move(record));
    };
    for (const Dispatch& dispatch : running) {
      ++result.decisions;
      sent += wire::framed(wire::Give{0, wire::encode(task)}).size();
      for (const study::Lane& lane : dispatch.pack.lanes) {
        receive(dispatch, lane.trial, "");
        for (const study::Evaluation& evaluation : dispatch.pack.evaluations)
          receive(dispatch, lane.trial, evaluation.id);
      }
    }
    result.records += records.size();
    (*ledger).append_encoded(records);
    ++result.appends;
    for (const Dispatch& dispatch : running) coordinator.finished(dispatch.worker);
  }
  result.seconds = now_of(CLOCK_MONOTONIC) - start;
  result.processor_seconds = now_of(CLOCK_PROCESS_CPUTIME_ID) - start_of_own;
  EIGENSWEEP_EXPECT(coordinator.is_complete() && sent > 0);
  return result;
}

}  // namespace eigensweep::sweep
