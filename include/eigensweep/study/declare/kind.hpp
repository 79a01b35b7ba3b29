// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eigensweep/study/declare/option.hpp"

namespace eigensweep::study {

/// The families of things a study chooses from. A family's kinds stand in one table (`src/<room>/<room>.def`).
enum class Family { procedure, dataset, model, optimizer, schedule, regularizer, constraint, attack, metric };

/// What a family is called in messages: "attack".
std::string_view family_name(Family family);
/// Where its kinds stand in a study file: "attacks", "training/optimizer".
std::string_view family_section(Family family);
/// Every family, in the order in which they are described.
const std::vector<Family>& families();

/// Attacks whose intensities are independent may have a record for each of them: what then counts as a number that all
/// intensities share.
enum class Merge { newest, least, most, sum };

/// A number above which a result says that others cannot be relied upon. NaN raises none.
struct Alarm {
  double above = 0;
  std::string says{};  ///< what it means and what to do, in plain words
};

/// A declared result: what a kind writes, and how the results file and docs/formats.md show it.
///
/// `name`: the dataset's name within its group. The group is: "history" for training, "attacks" for every attack,
/// the metric's label in the study for a metric.
/// `dims`: named dimensions after the leading `trial` (and, for attacks, after `attack` and the intensity).
/// Known dimensions: "epoch", "layer" (hidden layers, from 1), "eigenvalue" (rank n, from 1). A metric may declare
/// others; their coordinate is then 0, 1, 2, ...
struct Column {
  std::string name;
  std::vector<std::string> dims;
  std::string dtype = "f64";  ///< "f64", "f32", "i64"
  std::string unit;
  std::string meaning;  ///< one sentence, for the dataset's `description` attribute
  /// Whether a kind with these options returns the column for a network of this training configuration. Null: always.
  std::function<bool(const Json& options, const Json& config)> returned_if{};
  bool per_intensity = true;    ///< attacks: one number per intensity; false: one for all of them
  Merge merge = Merge::newest;  ///< attacks: of a number for all intensities
  std::optional<Alarm> alarm{};
};

inline Column alarmed(Column column, double above, std::string says) {
  column.alarm = Alarm{above, std::move(says)};
  return column;
}

/// Facts of a dataset that are known before it is loaded.
struct DatasetInfo {
  std::int64_t train_samples = 0;  ///< without those held out for validation
  std::int64_t test_samples = 0;
  std::vector<std::int64_t> input_shape;  ///< of one sample: {channels, height, width}
  std::int64_t classes = 0;
  std::int64_t validation_samples = 0;
  double lower = 0.0;            ///< the least possible input; perturbed inputs are clipped to it
  double upper = 1.0;            ///< the greatest possible input, likewise
  std::int64_t value_bytes = 1;  ///< that a worker's dataset takes for each number of a sample: 1, or 4 for float32
  [[nodiscard]] std::int64_t input_size() const;
};

/// How many samples a network sees in a step (with an adversary's) and in its training set.
struct SampleCounts {
  std::int64_t step = 0;
  std::int64_t train = 0;
  std::int64_t smallest_batch = 0;  ///< in the smallest batch of an epoch, without an adversary's
  std::int64_t smallest_step = 0;   ///< with an adversary's
  std::int64_t batch_size = 0;      ///< as the study sets it
  bool drops_last = false;          ///< whether a smaller last batch is left out
};

/// What the cost model must know about a network of one configuration (one lane).
struct ModelShape {
  double forward_flops = 0;          ///< floating-point operations of one forward pass of one sample
  double first_layer_flops = 0;      ///< of these, the first layer's: training takes no gradient to the input
  std::int64_t parameters = 0;       ///< trained numbers
  std::int64_t activations = 0;      ///< numbers kept for the backward pass, per sample
  std::int64_t gradients = 0;        ///< most numbers of gradients at once in the backward pass, per sample; 0: unknown
  std::int64_t forward_numbers = 0;  ///< most numbers at once in a pass without gradients, per sample; 0: unknown
  std::int64_t outputs = 0;          ///< of all affine layers and convolutions, per sample
  std::int64_t patches = 0;          ///< inputs of convolutions per sample, once for each place of the kernel
  std::int64_t filters = 0;          ///< trained numbers of the largest convolution
  double closed_form_flops = 0;      ///< of training in closed form, without steps; else 0
  double closed_form_bytes = 0;      ///< memory that this training takes
  std::vector<std::int64_t> hidden_widths;      ///< N of each hidden layer that spectra and penalties read
  std::vector<std::int64_t> whitened_widths{};  ///< of these, those that are whitened
  std::int64_t infinite_layers = 0;             ///< hidden layers of infinite width, which have no such N
  double networks = 1;                          ///< how many run side by side: 2 where the initial one is subtracted
  double numbers_in_one = 1;                    ///< float32 numbers or operations that one of the network's counts as
};

/// Everything a cost function may read.
struct WorkContext {
  DatasetInfo dataset;
  ModelShape model;
  std::int64_t batch_size = 0;
  std::int64_t epochs = 0;
  std::int64_t steps_per_epoch = 0;
  std::int64_t snapshots = 0;    ///< how many networks training keeps on its way
  std::int64_t intensities = 0;  ///< how many intensities (epsilons) an attack is asked for
};

/// A pass over samples without steps: an attack, a metric, new eigenvectors. It runs the networks on a chunk of samples
/// at a time, of as many as 3e8 bytes hold by the pass's own count. All are bytes.
struct ChunkedPass {
  double samples = 0;           ///< their number; 0: there is no pass
  double counted_per_lane = 0;  ///< what the pass counts for a sample to choose the size of a chunk, for each lane
  double counted_shared = 0;    ///< likewise, once for all lanes
  double held_per_lane = 0;     ///< what a sample of a chunk takes at once, for each lane
  double held_shared = 0;       ///< likewise, once for all lanes
  double beside = 0;            ///< what each lane holds beside the chunk
  double after = 0;             ///< what each lane holds after the last chunk: matrices and their eigenvectors
};

/// The label of every sample of a dataset, in the order of its files. `train` includes samples that are held out for
/// validation.
struct Labels {
  std::vector<std::uint8_t> train;
  std::vector<std::uint8_t> test;
  std::int64_t cost = 0;  ///< bytes that were read for them
};

/// The first `samples` (0: all) of a part of the dataset ("train", "validation", "test"), and the option that sets this
/// number.
struct Subset {
  std::string split;
  std::int64_t samples = 0;
  std::string option;
};

/// A row of a family's table: everything about a kind that needs no Torch.
struct Kind {
  Family family = Family::model;
  std::string name;     ///< as in a study file
  std::string meaning;  ///< one sentence
  std::string source;   ///< paper or specification, "" if none
  Options options;
  std::vector<Column> columns;  ///< of procedures, attacks and metrics

  /// Procedures only.
  struct Procedure {
    /// The sections of a configuration that it reads beside its own options, names of config_sections(). A study that
    /// gives another one is refused.
    std::vector<std::string> sections{};
    std::string group{};           ///< where results.h5 keeps its columns: "history"
    bool gives_networks = false;   ///< attacks and metrics can run
    bool has_checkpoints = false;  ///< a pack that is stopped goes on where it was
    bool is_chosen = true;         ///< by a study; else the engine chooses it, as a way to networks (procedure_of())
  } procedure;

  /// Attacks: the option whose values form the inner array over one trained network ("epsilon"); "" for none.
  std::string intensity;
  /// Attacks: the result at one intensity does not depend on which others were asked for.
  bool intensities_are_independent = true;
  /// Regularizers: the option that switches the penalty off when 0 ("strength"): then training does not read it at all.
  std::string off_when_zero;

  /// Floating-point operations that this kind adds to one trial in all (regularizer: whole training; attack: all
  /// intensities; metric: once; procedure without networks: the trial). Null: not worth counting.
  std::function<double(const Json& options, const WorkContext&)> work;
  /// Attacks and metrics: bytes held at once for one lane beside its parameters. Null: what `pass` holds.
  /// Procedures without networks: bytes held for one lane. Optimizers: bytes of their state. Regularizers: bytes held
  /// from epoch to epoch.
  std::function<double(const Json& options, const WorkContext&)> bytes;
  /// Regularizers: bytes that a step holds for one lane beside the network's own passes. Null: as much as the
  /// gradients of all classes by the inputs and their derivatives take.
  std::function<double(const Json& options, const WorkContext&)> step_bytes;
  /// Attacks and metrics: the pass over their samples. Null, and no `bytes`: as much as any of ours holds.
  /// Regularizers: the pass before each epoch. Null: none.
  std::function<ChunkedPass(const Json& options, const WorkContext&)> pass;
  /// Models only.
  std::function<ModelShape(const Json& options, const DatasetInfo&)> shape;
  /// Models, attacks and metrics: says in one line why the kind cannot read this dataset, or "".
  std::function<std::string(const Json& options, const DatasetInfo&)> refuse_inputs;
  /// Attacks: says in one line why this intensity is senseless for this dataset, or "".
  std::function<std::string(const Json& options, const DatasetInfo&, double intensity)> refuse_intensity;
  /// Models and regularizers: says in one line why batches of this size are too small for it, or "". See
  /// refuse_single_samples().
  std::function<std::string(const Json& options, const SampleCounts&)> refuse_samples;
  /// Models only: whether a network of these options is one of infinite width. Null: none is.
  std::function<bool(const Json& options)> is_infinite;
  /// Models, optimizers and schedules: "" where the limit of infinite width has a closed form with these options; else
  /// what it wants in their place, and why: "centre_output (outputs at initialisation are random at any width)". Null:
  /// there is no such form. See limit_wants().
  std::function<std::string(const Json& options)> limit_wants;
  /// Datasets only: reads headers, never pixels. Throws DataError.
  std::function<DatasetInfo(const Json& options)> info;
  /// Datasets only: the files that hold its content; empty if it is computed. Nothing: the files are unknown, so only
  /// reading all data shows a change. Throws DataError.
  std::function<std::optional<std::vector<std::filesystem::path>>(const Json& options)> files;
  /// Datasets only: the SHA-256 over all that is loaded (data::Dataset::sha256). Reads everything. Throws DataError.
  std::function<std::string(const Json& options)> content_hash;
  /// Datasets only: the labels of all samples, whichever the options choose. Nothing if that would read more than
  /// `most_bytes`. Throws DataError.
  std::function<std::optional<Labels>(const Json& options, std::int64_t most_bytes)> labels;
  /// Attacks and metrics only: the samples that its numbers are computed from. Null: no warning concerns them.
  std::function<std::vector<Subset>(const Json& options)> subsets;
  /// Says in one line why this combination is impossible, or "" if it is fine. Sees the kind's own options and the
  /// whole resolved training configuration. Neither this nor `warn` may read the seed: of trials
  /// that differ only in their seed, only the first is checked.
  std::function<std::string(const Json& options, const Json& config)> refuse;
  /// The same for combinations that are legal but deserve a warning (a batch too small for a penalty), or "".
  std::function<std::string(const Json& options, const Json& config)> warn;
  /// Regularizers (metrics: warn_network alone): like `refuse` and `warn`, for what depends on the network's layers and
  /// on the number of samples that it sees.
  std::function<std::string(const Json& options, const ModelShape&, const SampleCounts&)> refuse_network;
  std::function<std::string(const Json& options, const ModelShape&, const SampleCounts&)> warn_network;
};

/// All kinds of all families: what `eigensweep` knows without Torch.
class Catalog {
 public:
  /// Throws ContractViolation if the family already has a kind of that name, and for a declaration that cannot hold: an
  /// option per lane in a family that nobody reads lane by lane, an intensity that is no option.
  void add(Kind kind);
  [[nodiscard]] const Kind* find(Family family, std::string_view name) const noexcept;
  /// Of the kinds that a study may choose.
  [[nodiscard]] std::vector<std::string> names(Family family) const;
  [[nodiscard]] const std::vector<Kind>& all() const noexcept { return kinds_; }

 private:
  std::vector<Kind> kinds_;
};

/// A penalty whose strength is 0: training does not read it.
bool is_switched_off(const Kind& kind, const Json& options);

/// The kind of a section of a configuration ({"kind": ..., options}).
const Kind& kind_of(const Catalog& catalog, Family family, const Json& section);

}  // namespace eigensweep::study
