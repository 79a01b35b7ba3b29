// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/job/bring_up.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "eigensweep/core/file.hpp"
#include "eigensweep/core/hash.hpp"
#include "eigensweep/core/here.hpp"
#include "eigensweep/core/temporary.hpp"
#include "eigensweep/core/text.hpp"
#include "eigensweep/core/version.hpp"
#include "eigensweep/sweep/folder/access.hpp"
#include "eigensweep/wire/codec.hpp"

namespace eigensweep::sweep {
namespace {

std::string where(const wire::Introduction& rank) { return fmt::format("rank {} on {}", rank.rank, rank.host); }

bool has_gpu(const wire::WorkerPlace& place) { return place.device != "cpu"; }

std::string gpu_words(const wire::WorkerPlace& place) {
  return place.gpu_name.empty() ? fmt::format("GPUs with {} for packs", text::bytes(place.memory))
                                : fmt::format("{} with {} for packs", place.gpu_name, text::bytes(place.memory));
}

/// Before builds are compared, a rank may be of another build, whose messages cannot be decoded.
std::vector<wire::ToLeader> read_from(const Letter& letter) {
  try {
    return wire::unframed_all<wire::ToLeader>(letter.frames);
  } catch (const DataError& error) {
    throw SystemError(
        fmt::format("rank {}: cannot be understood ({}); install one build of eigensweep where all nodes see it",
                    letter.source, error.what()));
  }
}

/// On rank 0: waits for one message of this type from every other rank, and calls take(rank, message). Drops all other
/// messages.
template <class Answer, class Take>
void for_each_answer(Communicator& communicator, const Take& take) {
  for (int waiting = communicator.size() - 1; waiting > 0;) {
    const auto letter = communicator.receive();
    if (!letter) {
      ::usleep(1000);
      continue;
    }
    for (wire::ToLeader& message : read_from(*letter)) {
      auto* answer = std::get_if<Answer>(&message);
      if (answer == nullptr) continue;
      take(static_cast<std::size_t>(letter->source), std::move(*answer));
      --waiting;
    }
  }
}

void compare_gpus(const std::vector<wire::Introduction>& ranks, Findings& findings) {
  std::map<std::string, std::size_t> kinds;
  std::size_t with = 0;
  for (const wire::Introduction& rank : ranks) {
    bool has = false;
    for (const wire::WorkerPlace& place : rank.places) {
      if (!has_gpu(place)) continue;
      has = true;
      ++kinds[gpu_words(place)];
    }
    if (has) ++with;
  }
  for (const wire::Introduction& rank : ranks) {
    if (with == 0 || rank.places.empty() || std::any_of(rank.places.begin(), rank.places.end(), has_gpu)) continue;
    findings.problems.push_back(fmt::format(
        "{}: no GPU is visible, while {} of {} ranks have one (it would still train on the CPU when they are done); "
        "check how many GPUs the job asks for on that node, or use --device cpu for all",
        where(rank), with, ranks.size()));
  }
  if (kinds.size() > 1) {
    std::string list;
    for (const auto& [kind, count] : kinds) list += fmt::format("{}{} x {}", list.empty() ? "" : ", ", count, kind);
    findings.warnings.push_back(fmt::format(
        "GPUs of different kinds: {} (packs are made for the smallest memory, and times differ); ask for nodes of one "
        "kind",
        list));
  }
  for (std::string& line : shared_gpus(places_of(ranks))) findings.warnings.push_back(std::move(line));
}

}  // namespace

wire::Introduction introduce(const RunOptions& options, const Communicator& communicator, const Share& share) {
  wire::Introduction made;
  made.rank = communicator.rank();
  made.host = host_name();
  const BuildInfo& build = build_info();
  made.build =
      fmt::format("{} ({}{})", build.version, build.git_revision.substr(0, 12), build.git_dirty ? ", modified" : "");
  made.cores_by = share.cores_by;
  made.memory_by = share.memory_by;
  made.limits_unread = share.problems;
  try {
    if (!options.study_file.empty()) made.study = hash::sha256_of_file(options.study_file);
  } catch (const DataError&) {
    // Rank 0 reads the study for all ranks, and reports an error.
  }
  try {
    const auto worker = find_worker();
    const Surroundings around = look_around(communicator, share, worker, options.placement, options.tries_worker);
    made.cpu_products = around.cpu_products;
    made.places = place_workers(options.placement, around, communicator.rank());
  } catch (const Error& error) {
    made.problem = error.what();
  }
  return made;
}

std::vector<wire::Introduction> gather_introductions(Communicator& communicator, wire::Introduction own) {
  std::vector<wire::Introduction> ranks(static_cast<std::size_t>(communicator.size()));
  ranks[0] = std::move(own);
  for_each_answer<wire::Introduction>(
      communicator, [&ranks](std::size_t rank, wire::Introduction answer) { ranks[rank] = std::move(answer); });
  return ranks;
}

double smallest_memory(const std::vector<wire::WorkerPlace>& places) {
  return std::min_element(places.begin(), places.end(),
                          [](const wire::WorkerPlace& a, const wire::WorkerPlace& b) { return a.memory < b.memory; })
      ->memory;
}

MadeFor made_for(const std::vector<wire::WorkerPlace>& places) {
  std::vector<MadeFor> all;
  for (const wire::WorkerPlace& place : places) {
    MadeFor& made = all.emplace_back();
    if (!has_gpu(place)) continue;
    made.profile = study::measured_gpu(place.speed.flops_per_second, place.speed.seconds_per_operation);
    made.is_measured = place.speed.flops_per_second > 0 && place.speed.seconds_per_operation > 0;
    made.device = place.gpu_name.empty() ? "GPU" : place.gpu_name;
  }
  return *std::min_element(all.begin(), all.end(), [](const MadeFor& a, const MadeFor& b) {
    return std::tuple(a.profile.full_step_flops, a.profile.flops_per_second, a.device) <
           std::tuple(b.profile.full_step_flops, b.profile.flops_per_second, b.device);
  });
}

Json MadeFor::told() const {
  if (device.empty()) return nullptr;
  return {{"device", device},
          {"profile", is_measured ? "measured" : "stated"},
          {"flops_per_second", profile.flops_per_second},
          {"step_overhead_flops", profile.step_overhead_flops},
          {"full_step_flops", profile.full_step_flops},
          {"most_useful_lanes", profile.most_useful_lanes}};
}

std::string MadeFor::words() const {
  if (device.empty()) return "";
  return fmt::format("{}, {}: about {:.3g} TFLOP/s, {:.3g} ms for a step beside its networks' own work", device,
                     is_measured ? "measured" : "by the stated numbers that no GPU has confirmed",
                     profile.flops_per_second / 1e12, 1e3 * profile.step_overhead_flops / profile.flops_per_second);
}

std::vector<wire::WorkerPlace> places_of(const std::vector<wire::Introduction>& ranks) {
  std::vector<wire::WorkerPlace> places;
  for (const wire::Introduction& rank : ranks) places.insert(places.end(), rank.places.begin(), rank.places.end());
  share_gpu_memory(places);
  return places;
}

std::vector<std::pair<std::string, std::string>> decisions(const std::vector<wire::Introduction>& ranks) {
  std::vector<std::pair<std::string, std::string>> lines;
  std::set<std::pair<std::string, std::string>> said;
  const auto say = [&](const char* subject, const wire::Introduction& rank, const std::string& by) {
    std::pair<std::string, std::string> line{
        subject, fmt::format("{}: {}{}", rank.host, ranks.size() == 1 ? "" : "each rank has ", by)};
    if (!by.empty() && said.insert(line).second) lines.push_back(std::move(line));
  };
  for (const wire::Introduction& rank : ranks) say("cores", rank, rank.cores_by);
  for (const wire::Introduction& rank : ranks) say("memory", rank, rank.memory_by);
  for (const wire::Introduction& rank : ranks) say("products", rank, rank.cpu_products);
  return lines;
}

Findings compare(const std::vector<wire::Introduction>& ranks) {
  Findings findings;
  const wire::Introduction& first = ranks.front();
  for (const wire::Introduction& rank : ranks) {
    if (!rank.problem.empty()) {
      findings.problems.push_back(ranks.size() == 1 ? rank.problem : fmt::format("{}: {}", where(rank), rank.problem));
    }
    if (rank.build != first.build) {
      findings.problems.push_back(
          fmt::format("{}: runs eigensweep {}, but rank 0 runs {} (they would misunderstand each other); install one "
                      "build where all "
                      "nodes see it",
                      where(rank), rank.build, first.build));
    }
    if (!rank.study.empty() && !first.study.empty() && rank.study != first.study) {
      findings.problems.push_back(fmt::format(
          "{}: reads another study file than rank 0 (an old copy, or another command line); put it where all "
          "nodes see the same one",
          where(rank)));
    }
  }
  compare_gpus(ranks, findings);
  std::set<std::string> unread;
  for (const wire::Introduction& rank : ranks) {
    for (const std::string& line : rank.limits_unread) {
      if (unread.insert(rank.host + line).second) findings.warnings.push_back(fmt::format("{}: {}", rank.host, line));
    }
  }
  return findings;
}

std::string probe_folder(const std::filesystem::path& folder) {
  int reason = 0;
  try {
    const file::Temporary probe(folder, "probe", folder);
    std::string block(4096, '\0');
    // A write may be short; the next one then fails with the reason.
    while (reason == 0 && !block.empty()) {
      const ssize_t written = ::write(probe.descriptor(), block.data(), block.size());
      if (written > 0) {
        block.resize(block.size() - static_cast<std::size_t>(written));
      } else {
        reason = written < 0 ? errno : EIO;
      }
    }
    if (reason == 0 && ::fsync(probe.descriptor()) != 0) reason = errno;
  } catch (const file::WriteError& error) {
    reason = error.error_number();
  }
  return reason == 0 ? "" : cannot_write_there(folder, reason);
}

std::vector<std::string> probe_everywhere(Communicator& communicator, const std::filesystem::path& folder) {
  if (communicator.size() == 1) return {};
  const file::Temporary token(folder, "seen", folder);
  for (int rank = 1; rank < communicator.size(); ++rank) {
    communicator.send(rank, wire::framed(wire::Probe{folder.string(), token.path().string()}));
  }
  std::vector<std::string> answers(static_cast<std::size_t>(communicator.size()));
  for_each_answer<wire::Probed>(
      communicator, [&answers](std::size_t rank, wire::Probed answer) { answers[rank] = std::move(answer.problem); });
  std::erase(answers, "");
  return answers;
}

wire::Probed answer_probe(const wire::Probe& question, const Communicator& communicator) {
  const std::filesystem::path folder = question.folder;
  const std::filesystem::path token = question.token;
  // A network file system may show a new file to other nodes only after some seconds.
  constexpr int tries = 100;
  std::error_code ignored;
  for (int i = 0; i < tries && !std::filesystem::exists(token, ignored); ++i) ::usleep(100000);
  std::string problem;
  if (!std::filesystem::exists(token, ignored)) {
    problem = fmt::format(
        "{}: is not the folder that rank 0 sees (this node does not share its file system, so results would be lost); "
        "choose an --output that all nodes see",
        folder.string());
  } else {
    problem = probe_folder(folder);
  }
  if (!problem.empty()) problem = fmt::format("rank {} on {}: {}", communicator.rank(), host_name(), problem);
  return {problem};
}

}  // namespace eigensweep::sweep
