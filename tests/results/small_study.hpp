// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "eigensweep/results/write/results_file.hpp"

/// A study of 2 widths x 2 intensities x 2 seeds with two attacks at different intensities and two metrics.
const eigensweep::study::Study& small_study();
/// The same with other attacks, as a user may ask for later.
eigensweep::study::Study study_from(const std::string& text);
extern const char* const small_study_text;
const eigensweep::study::Catalog& small_catalog();

/// The number at one place of the results. Every reader must find it there.
double value_for(const std::string& trial, const std::string& what, std::size_t i, std::size_t j = 0);

/// Records of every trial except the last two, of which one diverged and one is missing. The widths differ, so spectra
/// differ in length. The last but two was trained for one epoch less.
std::vector<eigensweep::wire::Record> small_records(const eigensweep::study::Study& study);
eigensweep::results::RecordStore small_store(const eigensweep::study::Study& study);
