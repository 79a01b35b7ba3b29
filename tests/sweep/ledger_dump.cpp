// SPDX-License-Identifier: MIT
// Prints a ledger for the tests: one line of JSON per record, without the provenance, which differs between runs.
#include <iostream>

#include "eigensweep/core/json.hpp"
#include "eigensweep/wire/ledger.hpp"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  eigensweep::wire::read_ledger(argv[1], [](eigensweep::wire::Record&& record) {
    eigensweep::Json line;
    line["kind"] = record.kind == eigensweep::wire::RecordKind::training ? "training" : "evaluation";
    line["trial"] = record.trial;
    line["evaluation"] = record.evaluation;
    line["status"] = eigensweep::wire::to_string(record.status);
    line["message"] = record.message;
    line["strengths"] = record.intensities;
    line["columns"] = eigensweep::Json::object();
    for (const auto& [name, array] : record.columns) line["columns"][name] = array.values();
    std::cout << line.dump() << '\n';
  });
}
