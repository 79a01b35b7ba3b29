// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <map>

#include "eigensweep/core/error.hpp"
#include "manual.hpp"

namespace eigensweep::app {

const std::vector<Example>& examples_of(const std::string& command) {
  static const std::map<std::string, std::vector<Example>> all{
      {"run",
       {{"run study.json", "one worker per GPU, or per core; results go to runs/<study name>"},
        {"run study.json --workers 1 --threads 4", "one worker of four threads"}}},
      {"attack", {{"attack runs/first --study attacks.json", "adds attacks to a finished study"}}},
      {"submit",
       {{"submit study.json --time 2:00:00 --dry-run", "prints the job script and submits nothing"},
        {"submit study.json --nodes 2 --gpus-per-node 4 --time 4:00:00", "two nodes, eight workers"}}},
      {"validate", {{"validate study.json", "says what is wrong, where, and what was probably meant"}}},
      {"plan",
       {{"plan study.json --workers 8", "trials, packs, memory and time on eight workers"},
        {"plan study.json --diff", "what is left of runs/<study name>"}}},
      {"simulate", {{"simulate study.json --ranks 64", "the same study on 64 workers, in virtual time"}}},
      {"status", {{"status runs/first", "how far the run is"}}},
      {"doctor", {{"doctor study.json", "whether workers, data and output folder are well"}}},
      {"describe",
       {{"describe", "what a study file may hold"}, {"describe pgd", "one kind, with its options and columns"}}},
      {"schema", {{"schema > study.schema.json", "for editors"}}},
      {"show",
       {{"show runs/first", "the results, as wide as the terminal"}, {"show runs/first --json", "for programs"}}},
      {"collect", {{"collect runs/first", "makes results.h5 anew from the ledger"}}},
      {"export",
       {{"export runs/first --output first.csv", "a row per network, attack and intensity"},
        {"export runs/first --long layers", "a row per network and layer: exponents, norms"}}},
      {"completion",
       {{"completion bash > ~/.local/share/bash-completion/completions/eigensweep", "for bash"},
        {"completion zsh > ~/.zfunc/_eigensweep", "for zsh, where ~/.zfunc is in fpath"}}},
      {"man", {{"man | man -l -", "shows it"}}},
  };
  const auto found = all.find(command);
  if (found == all.end()) throw ContractViolation(fmt::format("the command '{}' has no example", command));
  return found->second;
}

void add_examples(CLI::App& app) {
  for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; })) {
    std::string words = command->get_footer();
    words += words.empty() ? "Examples:" : "\n\nExamples:";
    for (const Example& example : examples_of(command->get_name())) {
      words += fmt::format("\n  eigensweep {}\n      {}", example.words, example.meaning);
    }
    command->footer(words);
  }
}

}  // namespace eigensweep::app
