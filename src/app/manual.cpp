// SPDX-License-Identifier: MIT
// The manual page and the completions, from what CLI11 knows of the commands.
#include "manual.hpp"

#include <fmt/format.h>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/text.hpp"

namespace eigensweep::app {
namespace {

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

/// "--output", "-h": what is typed. Empty for arguments by place.
std::vector<std::string> switches_of(const CLI::Option& option) {
  std::vector<std::string> words;
  for (const std::string& name : option.get_lnames()) words.push_back("--" + name);
  for (const std::string& name : option.get_snames()) words.push_back("-" + name);
  return words;
}

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

/// A text as roff takes it: no line begins a request, no hyphen becomes a dash.
std::string roff(const std::string& text) {
  std::string safe = replaced(replaced(text, "\\", "\\e"), "-", "\\-");
  safe = replaced(safe, "\n.", "\n\\&.");
  safe = replaced(safe, "\n'", "\n\\&'");
  return safe.starts_with('.') || safe.starts_with('\'') ? "\\&" + safe : safe;
}

std::string synopsis(const CLI::App& command) {
  std::string line = fmt::format("\\fBeigensweep {}\\fR", roff(command.get_name()));
  for (const CLI::Option* option : command.get_options()) {
    if (!switches_of(*option).empty()) continue;
    const std::string name = roff(option->get_name());
    line += option->get_required() ? fmt::format(" \\fI{}\\fR", name) : fmt::format(" [\\fI{}\\fR]", name);
  }
  return line + " [options]";
}

std::string option_entry(const CLI::Option& option) {
  std::string names;
  for (const std::string& name : switches_of(option)) {
    names += fmt::format("{}\\fB{}\\fR", names.empty() ? "" : ", ", roff(name));
  }
  if (names.empty())
    names = fmt::format("\\fI{}\\fR", roff(option.get_name()));
  else if (takes_value(option))
    names += " \\fIvalue\\fR";
  return fmt::format(".TP\n{}\n{}\n", names, roff(option.get_description()));
}

std::string command_entry(const CLI::App& command) {
  std::string page = fmt::format(".SS {}\n{}\n.PP\n{}.\n", roff(command.get_name()), synopsis(command),
                                 roff(command.get_description()));
  for (const CLI::Option* option : command.get_options()) {
    if (option != command.get_help_ptr()) page += option_entry(*option);
  }
  page += ".PP\nExamples:\n";
  for (const Example& example : examples_of(command.get_name())) {
    page += fmt::format(".TP\n\\fBeigensweep {}\\fR\n{}\n", roff(example.words), roff(example.meaning));
  }
  return page;
}

/// A word within single quotes of a shell.
std::string in_quotes(const std::string& text) { return "'" + replaced(text, "'", "'\\''") + "'"; }

std::string bash(const CLI::App& app, const std::vector<std::string>& names) {
  std::string commands;
  std::string cases;
  for (const CLI::App* command : commands_of(app)) {
    commands += (commands.empty() ? "" : " ") + command->get_name();
    std::string words;
    for (const CLI::Option* option : command->get_options()) {
      for (const std::string& word : switches_of(*option)) words += (words.empty() ? "" : " ") + word;
    }
    cases += fmt::format("    {}) options={} ;;\n", command->get_name(), in_quotes(words));
  }
  return fmt::format(
      "# bash completion of eigensweep; made by 'eigensweep completion bash'\n"
      "_eigensweep() {{\n"
      "  local word=${{COMP_WORDS[COMP_CWORD]}} options=\n"
      "  COMPREPLY=()\n"
      "  if ((COMP_CWORD == 1)); then\n"
      "    COMPREPLY=($(compgen -W {} -- \"$word\"))\n"
      "    return\n"
      "  fi\n"
      "  case ${{COMP_WORDS[1]}} in\n{}  esac\n"
      "  if [[ $word == -* ]]; then\n"
      "    COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
      "  elif [[ ${{COMP_WORDS[1]}} == describe ]]; then\n"
      "    COMPREPLY=($(compgen -W {} -- \"$word\"))\n"
      "  fi\n"
      "}}\n"
      "complete -o default -F _eigensweep eigensweep\n",
      in_quotes(commands + " --help --version"), cases, in_quotes(fmt::format("{}", fmt::join(names, " "))));
}

/// "name:meaning" as zsh's _describe takes it.
std::string described(const std::string& name, const std::string& meaning) {
  return in_quotes(replaced(name, ":", "\\:") + ":" + replaced(meaning, ":", "\\:"));
}

std::string zsh(const CLI::App& app, const std::vector<std::string>& names) {
  std::string commands;
  std::string cases;
  for (const CLI::App* command : commands_of(app)) {
    commands += fmt::format("  {}\n", described(command->get_name(), command->get_description()));
    std::string options;
    for (const CLI::Option* option : command->get_options()) {
      for (const std::string& word : switches_of(*option)) {
        options += fmt::format("      {}\n", described(word, option->get_description()));
      }
    }
    cases += fmt::format("  {}) options=(\n{}    ) ;;\n", command->get_name(), options);
  }
  std::string words;
  for (const std::string& name : names) words += " " + in_quotes(name);
  return fmt::format(
      "#compdef eigensweep\n"
      "# zsh completion of eigensweep; made by 'eigensweep completion zsh'\n"
      "local -a commands options names\n"
      "commands=(\n{})\n"
      "names=({})\n"
      "if ((CURRENT == 2)); then\n"
      "  _describe command commands\n"
      "  return\n"
      "fi\n"
      "case $words[2] in\n{}esac\n"
      "if [[ $words[CURRENT] == -* ]]; then\n"
      "  _describe option options\n"
      "elif [[ $words[2] == describe ]]; then\n"
      "  _describe name names\n"
      "else\n"
      "  _files\n"
      "fi\n",
      commands, words, cases);
}

}  // namespace

std::string manual_page(const CLI::App& app, const std::string& version) {
  std::string page = fmt::format(
      ".TH EIGENSWEEP 1 \"\" \"{}\" \"User commands\"\n.SH NAME\neigensweep \\- {}\n.SH SYNOPSIS\n"
      "\\fBeigensweep\\fR \\fIcommand\\fR [options]\n.SH DESCRIPTION\n"
      "One JSON file, a study, describes a grid of networks. The commands check it, say what it costs, train, attack\n"
      "and measure its networks on one core or on a cluster, and show the results. A run that was killed continues\n"
      "with the same command.\n.SH COMMANDS\n",
      roff(version), roff(app.get_description()));
  for (const CLI::App* command : commands_of(app)) page += command_entry(*command);
  page +=
      ".SH EXIT STATUS\n"
      ".TP\n0\nAll is well.\n"
      ".TP\n1\nThe study ran to its end, but at least one trial failed.\n"
      ".TP\n2\nThe study file or the command line is wrong.\n"
      ".TP\n3\nA dataset, model, ledger or results file is missing, truncated or of another version.\n"
      ".TP\n4\nMPI, HDF5 or the operating system refused.\n"
      ".TP\n70\nA bug.\n"
      ".TP\n75\nStopped with work left: the same command continues.\n"
      ".SH ENVIRONMENT\n"
      ".TP\n\\fBEIGENSWEEP_LOG\\fR\nWhat is logged: trace, debug, info, warn or error.\n"
      ".TP\n\\fBCOLUMNS\\fR\nHow wide \\fBshow\\fR and \\fBdescribe\\fR print.\n"
      ".SH SEE ALSO\n\\fBmpirun\\fR(1), \\fBsbatch\\fR(1)\n";
  return page;
}

std::string completion(const CLI::App& app, const std::string& shell, const std::vector<std::string>& names) {
  if (shell == "bash") return bash(app, names);
  if (shell == "zsh") return zsh(app, names);
  throw ContractViolation("no such shell: " + shell);
}

}  // namespace eigensweep::app
