// SPDX-License-Identifier: MIT
#include "topics.hpp"

namespace eigensweep::study {

const std::vector<Topic>& topics() {
  static const std::vector<Topic> all{
      {"seed",
       "a whole number, or a sweep of them: each trial is trained once for every seed\n"
       "it decides the initial weights and the order of the samples; results are averaged over it\n",
       R"({"name": "three_seeds", "seed": {"sweep": [0, 1, 2]}, "model": {"width": 64}})"},
      {"sweep",
       "{\"sweep\": ...} takes the place of the value of an option\n"
       "  [values]                           these values\n"
       "  {\"linspace\": [first, last, count]}  evenly spaced, both ends included\n"
       "  {\"logspace\": [first, last, count]}  evenly spaced in the logarithm; the ends are values, not exponents\n"
       "  {\"range\": [start, stop, step]}      stop included if it is hit\n"
       "several sweeps make a grid of all their combinations; \"zip\" lets options advance together\n"
       "a sweep of an attack or metric trains nothing more: it is run on each trained network\n",
       R"({"name": "grid", "model": {"width": {"sweep": [64, 128]}},)"
       R"( "training": {"optimizer": {"learning_rate": {"sweep": {"logspace": [1e-4, 0.1, 4]}}}}})"},
      {"cases",
       "named alternatives that differ in more than one option: a list of objects with a name\n"
       "each is laid over the study, section by section, and may hold sweeps of its own\n"
       "they are an axis of the results, 'case'\n",
       R"({"name": "two_networks", "seed": {"sweep": [0, 1]}, "model": {"width": 64},)"
       R"( "cases": [{"name": "plain"}, {"name": "normalised", "model": {"batch_norm": true}}]})"},
      {"zip",
       "options that advance together: a list of lists of JSON pointers to sweeps of equal length\n"
       "each list makes one axis in place of a grid\n",
       R"({"name": "together", "model": {"width": {"sweep": [64, 256]}},)"
       R"( "training": {"batch_size": {"sweep": [128, 384]}}, "zip": [["/model/width", "/training/batch_size"]]})"},
      {"exclude",
       "cells to leave out: a list of objects of the study's form; a cell that agrees with all of one is left out\n"
       "a list holds several values; \"case\" names a case\n",
       R"({"name": "without_corner", "model": {"width": {"sweep": [64, 256]}, "depth": {"sweep": [1, 2]}},)"
       R"( "exclude": [{"model": {"width": 256, "depth": 2}}]})"},
  };
  return all;
}

}  // namespace eigensweep::study
