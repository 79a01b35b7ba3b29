// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "eigensweep/core/error.hpp"
#include "small_catalog.hpp"

using namespace eigensweep;

namespace {

struct Broken {
  const char* text;
  const char* message;
};

const Broken broken_json[] = {
    {"", R"(s.json:1:0: not valid JSON: the file is empty)"},
    {"{\"name\": \"a\",\n  \"model\": {\"width\": 64,}\n}",
     R"(s.json:2:25: not valid JSON: a comma stands before '}'; take it out)"},
    {"{\"name\": \"a\", \"seed\": {\"sweep\": [1, 2,\n ]}}",
     R"(s.json:2:2: not valid JSON: a comma stands before ']'; take it out)"},
    {"{\"name\": \"a\", }", R"(s.json:1:15: not valid JSON: a comma stands before '}'; take it out)"},
    {"{\"name\": }", R"(s.json:1:10: not valid JSON: a value is missing before '}')"},
    {"{\"name\": \"a\"} trailing",
     R"(s.json:1:17: not valid JSON: something follows the '}' that ends the study; take it out, or that '}')"},
    {"{\"name\": \"a\", // the name\n}",
     R"(s.json:1:15: not valid JSON: comments are not part of it; write "description")"},
    {"{\"name\": 'a'}", R"(s.json:1:10: not valid JSON: texts and names stand in double quotes; write " for ')"},
    {R"({"name": "a", "name": "b"})", R"(s.json: the key 'name' stands twice; keep one)"},
    {R"({"name": "a", "model": {"width": 64, "width": 65}})",
     R"(s.json:/model: the key 'width' stands twice; keep one)"},
    {R"([1, 2])", R"(s.json: a list stands where the study's object belongs)"},
    {R"({"name": "a", "description": "x\u0000y"})",
     R"(s.json:/description: holds the character U+0000, at which texts in results.h5 end; take it out)"},
    {"\xff\xfe{", R"(s.json: is UTF-16 text (some editors save so); save it as UTF-8)"},
    {"\xfe\xff", R"(s.json: is UTF-16 text (some editors save so); save it as UTF-8)"},
    {R"({"name": "a", "seed": 1e999})",
     R"(s.json:1:27: 1e999 is too large for a number (the largest is 1.8e308); write a smaller one)"},
    {R"({"name": "a", "model": {"width": 64}, "training": {"stop_loss": 1e-400}})",
     R"(s.json:/training/stop_loss: 1e-400 is too small for a number (it would be read as 0); write 0, or a larger one)"},
};

// What follows "name": "a" in a study file.
const Broken broken_studies[] =
    {
        {R"("model": {"width": 64}, "modle": {})", R"(s.json:/modle: unknown key; did you mean 'model'?)"},
        {R"("Model": {"width": 64})", R"(s.json:/Model: unknown key; did you mean 'model'?)"},
        {R"("model": {"width": 64, "learning_rate": 0.1})",
         R"(s.json:/model/learning_rate: unknown key; 'learning_rate' belongs to /training/optimizer)"},
        {R"("model": {"width": 64}, "training": {"lr": 0.1})",
         R"(s.json:/training/lr: unknown key; it is called 'learning_rate' and belongs to /training/optimizer)"},
        {R"("model": {"width": 64}, "training": {"optimizer": {"lr": 0.1}})",
         R"(s.json:/training/optimizer/lr: unknown key; it is called 'learning_rate')"},
        {R"("model": {"width": 64}, "epochs": 3)", R"(s.json:/epochs: unknown key; 'epochs' belongs to /training)"},
        {R"("model": {"hidden_size": 64})", R"(s.json:/model/hidden_size: unknown key; it is called 'width')"},
        {R"("model": {"width": 64}, "regularizers": {"spectral": {"beta": 1}})",
         R"(s.json:/regularizers/spectral/beta: unknown key; it is called 'strength')"},
        {R"("model": {"width": 64}, "training": {"optimizer": {"beta": 1}})",
         R"(s.json:/training/optimizer/beta: unknown key; did you mean 'beta1'?)"},
        {R"("model": {"width": 64}, "attacks": {"pgd": {"epsilon": 0.1, "step_size": 0.01}})",
         R"(s.json:/attacks/pgd/step_size: unknown key; it is called 'relative_step')"},
        {R"("model": {"width": 64}, "attacks": {"FGSM": {"epsilon": 0.1}})",
         R"(s.json:/attacks/FGSM: unknown attack 'FGSM' (without "kind" the label names it); did you mean 'fgsm'?)"},
        {R"("model": {"width": 64}, "attacks": ["fgsm", "pgd"])",
         R"(s.json:/attacks: a list stands where an object belongs; write {"fgsm": {...}, "pgd": {...}})"},
        {R"("model": {"width": 64}, "attacks": [1])",
         R"(s.json:/attacks: a list stands where an object belongs; write {"LABEL": {...}})"},
        {R"("model": {"width": "infinity"})",
         R"(s.json:/model/width: 'infinity' is not an integer (units of each hidden layer); write a number, or "inf")"},
        {R"("model": {"width": 64, "seed": 1})", R"(s.json:/model/seed: unknown key; 'seed' belongs to the top level)"},
        {R"("model": {"width": 64}, "training": {"optimizer": "adam"})",
         R"(s.json:/training/optimizer: 'adam' stands where an object belongs; write {"kind": "adam"})"},
        {R"("model": {"width": 64}, "attacks": {"fgsm": {"epsilon": "8/255"}})",
         R"(s.json:/attacks/fgsm/epsilon: '8/255' is not a number (radius of the ball); JSON has no fractions: write 0.03137254901960784)"},
        {R"("model": {"width": 64}, "attacks": {"fgsm": {"epsilon": "8/0"}})",
         R"(s.json:/attacks/fgsm/epsilon: '8/0' is not a number (radius of the ball); write it without quotes)"},
        {R"("model": {"width": 64}, "attacks": {"fgsm": {"epsilon": {"logspace": [0.01, 1, 3]}}})",
         R"(s.json:/attacks/fgsm/epsilon: an object is not a number (radius of the ball); write {"sweep": {"logspace": ...}})"},
        {R"("model": {"width": 64}, "attacks": {"fgsm": {"epsilon": {"sweep": {"logspace": [-4, -1, 4]}}}})",
         R"(s.json:/attacks/fgsm/epsilon/sweep/logspace: 'logspace' takes the ends themselves, not their exponents; for 10^-4 to 10^-1 write [0.0001, 0.1, 4])"},
        {R"("model": {})", R"(s.json:/model: 'width' is missing (units of each hidden layer); it has no default)"},
        {R"("seed": 1)", R"(s.json:/model: 'width' is missing (units of each hidden layer); it has no default)"},
        {R"("model": {"widht": 64})", R"(s.json:/model/widht: unknown key; did you mean 'width'?)"},
        {R"("model": {"width": 10.7})", R"(s.json:/model/width: 10.7 is not an integer (units of each hidden layer))"},
        {R"("model": {"width": "64"})",
         R"(s.json:/model/width: '64' is not an integer (units of each hidden layer); write it without quotes, or "inf")"},
        {R"("model": {"width": true})", R"(s.json:/model/width: true is not an integer (units of each hidden layer))"},
        {R"("model": {"width": null})", R"(s.json:/model/width: null is not an integer (units of each hidden layer))"},
        {R"("model": {"width": [64, 128]})",
         R"(s.json:/model/width: a list is not an integer (units of each hidden layer); several values are written {"sweep": [...]})"},
        {R"("model": {"width": {"swep": [64]}})",
         R"(s.json:/model/width: an object is not an integer (units of each hidden layer); an option holds a value or {"sweep": ...})"},
        {R"("model": {"width": 0})",
         R"(s.json:/model/width: 0 is out of range (units of each hidden layer); give a value between 1 and 1000000)"},
        {R"("model": {"width": -64})",
         R"(s.json:/model/width: -64 is out of range (units of each hidden layer); give a value between 1 and 1000000)"},
        {R"("model": {"width": 64, "activation": "tahn"})",
         R"(s.json:/model/activation: 'tahn' is not a choice of 'activation'; did you mean 'tanh'?)"},
        {R"("model": {"width": 64, "activation": "swish"})",
         R"(s.json:/model/activation: 'swish' is not a choice of 'activation'; known are 'tanh', 'relu', 'erf', 'gelu')"},
        {R"("model": {"width": 64, "activation": 1})",
         R"(s.json:/model/activation: 1 is not a text (nonlinearity of the hidden layers))"},
        {R"("model": {"width": 64, "batch_norm": 1})",
         R"(s.json:/model/batch_norm: 1 is not true or false (normalise each hidden layer over the batch, after its nonlinearity))"},
        {R"("model": {"kind": "mpl", "width": 64})", R"(s.json:/model/kind: unknown model 'mpl'; did you mean 'mlp'?)"},
        {R"("model": {"kind": 3, "width": 64})", R"(s.json:/model/kind: 3 is not the name of a kind)"},
        {R"("model": {"kind": {"sweep": ["mlp"]}, "width": 64})",
         R"(s.json:/model/kind: a kind cannot be swept; use "cases")"},
        {R"("model": 64)", R"(s.json:/model: 64 stands where an object belongs)"},
        {R"("model": {"sweep": [1]})",
         R"(s.json:/model: a whole section cannot be swept; sweep its options, or use "cases")"},
        {R"("dataset": {"kind": "minst"}, "model": {"width": 64})",
         R"(s.json:/dataset/kind: unknown dataset 'minst'; did you mean 'mnist'?)"},
        {R"("model": {"width": 64}, "training": {"learning_rate": 0.1})",
         R"(s.json:/training/learning_rate: unknown key; 'learning_rate' belongs to /training/optimizer)"},
        {R"("model": {"width": 64}, "training": {"optimizer": {"learning_rate": 0}})",
         R"(s.json:/training/optimizer/learning_rate: 0 is out of range (step size); give a value above 0 and at most 1000)"},
        {R"("model": {"width": 64}, "training": {"optimizer": {"momentum": 0.9}})",
         R"(s.json:/training/optimizer/momentum: unknown key; 'momentum' belongs to /training/optimizer of kind 'sgd', /attacks/mi_fgsm)"},
        {R"("model": {"width": 64}, "training": {"schedule": {"kind": "step"}})",
         R"(s.json:/training/schedule: 'every' is missing (epochs between two changes); it has no default)"},
        {R"("model": {"width": 64}, "training": {"batch_size": 70000, "last_batch": "drop"})",
         R"(s.json:/training: batch_size 70000 exceeds the 60000 training samples and last_batch 'drop' leaves no step; choose a smaller batch)"},
        {R"("model": {"kind": "cnn", "depth": 3, "channels": 2}, "regularizers": {"spectral": {"layers": "all"}})",
         R"(s.json:/regularizers/spectral: cutoff 10 leaves no eigenvalue to penalise in a layer of width 8; choose a cutoff below 7)"},
        {R"("model": {"kind": "cnn", "depth": 5})",
         R"(s.json:/model: an image of 28x28 is too small for 5 blocks of convolution and pooling; choose a smaller depth)"},
        {R"("model": {"kind": "cnn", "whiten": 4})",
         R"(s.json:/model: whiten 4 asks for a hidden layer that is not there; choose 0 to 3)"},
        {R"("model": {"width": 64, "parametrisation": "ntk"})",
         R"(s.json:/model: parametrisation 'ntk' needs a weight_variance above 0 (torch's default law has none to scale); choose one, as 2 for relu or 1 for tanh)"},
        {R"("model": {"width": 64, "centre_output": true, "batch_norm": true})",
         R"(s.json:/model: centre_output subtracts the network at its initialisation, which batch_norm and whiten change with the data; choose one of them)"},
        {R"("model": {"kind": "cnn", "parametrisation": "mup"})",
         R"(s.json:/model/parametrisation: 'mup' is not a choice of 'parametrisation'; known are 'standard', 'ntk')"},
        {R"("model": {"width": "inf"})",
         R"(s.json:/model: width "inf" wants parametrisation 'ntk' with a weight_variance (in others training has another limit, or none, at a fixed learning rate); centre_output (outputs at initialisation are random at any width); loss 'mse' (other losses have no closed form); optimizer 'sgd' without momentum and weight_decay (others do not follow the kernel's gradient flow); change that (docs/width.md has a study to copy), or exclude this cell)"},
        {R"("model": {"width": "inf", "parametrisation": "ntk", "weight_variance": 2})",
         R"(s.json:/model: width "inf" wants centre_output (outputs at initialisation are random at any width); loss 'mse' (other losses have no closed form); optimizer 'sgd' without momentum and weight_decay (others do not follow the kernel's gradient flow); change that (docs/width.md has a study to copy), or exclude this cell)"},
        {R"("model": {"width": "inf", "parametrisation": "ntk", "weight_variance": 2, "centre_output": true})",
         R"(s.json:/model: width "inf" wants loss 'mse' (other losses have no closed form); optimizer 'sgd' without momentum and weight_decay (others do not follow the kernel's gradient flow); change that (docs/width.md has a study to copy), or exclude this cell)"},
        {R"("model": {"width": "inf", "parametrisation": "ntk", "weight_variance": 2, "centre_output": true}, "training": {"loss": "mse"})",
         R"(s.json:/model: width "inf" wants optimizer 'sgd' without momentum and weight_decay (others do not follow the kernel's gradient flow); change that (docs/width.md has a study to copy), or exclude this cell)"},
        {R"("model": {"width": "inf", "parametrisation": "ntk", "weight_variance": 2, "centre_output": true}, "training": {"loss": "mse", "optimizer": {"kind": "sgd"}, "warmup_epochs": 1})",
         R"(s.json:/model: width "inf" wants a constant learning rate (training time is learning rate times steps); change that (docs/width.md has a study to copy), or exclude this cell)"},
        {R"("model": {"width": "inf", "parametrisation": "ntk", "weight_variance": 2, "centre_output": true}, "training": {"loss": "mse", "optimizer": {"kind": "sgd"}, "adversary": "fgsm"})",
         R"(s.json:/model: width "inf" wants adversary 'none' (adversarial training has no closed form); change that (docs/width.md has a study to copy), or exclude this cell)"},
        {R"("model": {"width": {"sweep": [64, "inf"]}, "parametrisation": "ntk", "weight_variance": 2, "centre_output": true}, "training": {"loss": "mse", "optimizer": {"kind": "sgd"}}, "regularizers": {"jacobian": {}})", R"(s.json:/model: width "inf" wants no regularizers (penalties of hidden layers and Jacobians have no closed form); change that (docs/width.md has a study to copy), or exclude this cell (in the cell width=inf))"},
        {R"("model": {"kind": "cnn", "width": "inf", "parametrisation": "ntk", "weight_variance": 2, "centre_output": true}, "training": {"loss": "mse", "optimizer": {"kind": "sgd"}})",
         R"(s.json:/model: width "inf" wants pooling 'average' or 'none' (the largest of Gaussians has no kernel in closed form); change that (docs/width.md has a study to copy), or exclude this cell)"},
        {R"("model": {"kind": "cnn", "width": "inf", "pooling": "average"})",
         R"(s.json:/model: width "inf" wants parametrisation 'ntk' with a weight_variance (in others training has another limit, or none, at a fixed learning rate); centre_output (outputs at initialisation are random at any width); loss 'mse' (other losses have no closed form); optimizer 'sgd' without momentum and weight_decay (others do not follow the kernel's gradient flow); change that (docs/width.md has a study to copy), or exclude this cell)"},
        {R"("model": {"kind": "cnn", "width": "inf", "pooling": "none", "parametrisation": "ntk", "weight_variance": 2, "centre_output": true, "batch_norm": true})",
         R"(s.json:/model: centre_output subtracts the network at its initialisation, which batch_norm and whiten change with the data; choose one of them)"},
        {R"("model": {"kind": "cnn", "width": 10, "pooling": "mean"})",
         R"(s.json:/model/pooling: 'mean' is not a choice of 'pooling'; known are 'max', 'average', 'none')"},
        {R"("model": {"width": 64}, "training": {"epochs": 2, "warmup_epochs": 3})",
         R"(s.json:/training: warmup_epochs 3 exceeds epochs 2, so the learning rate never arrives; choose fewer)"},
        {R"("model": {"width": 64}, "constraints": {"max_norms": {}})",
         R"(s.json:/constraints/max_norms: unknown constraint 'max_norms' (without "kind" the label names it); did you mean 'max_norm'?)"},
        {R"("model": {"width": 64}, "constraints": {"max_norm": {"norm": 0}})",
         R"(s.json:/constraints/max_norm/norm: 0 is out of range (largest Euclidean norm of the incoming weights of a hidden unit, with the parametrisation's factor); give a value above 0 and at most 1000000)"},
        {R"("model": {"width": "inf", "parametrisation": "ntk", "weight_variance": 2, "centre_output": true}, "training": {"loss": "mse", "optimizer": {"kind": "sgd"}}, "constraints": {"max_norm": {}})",
         R"(s.json:/model: width "inf" wants no constraints (they have no closed form); change that (docs/width.md has a study to copy), or exclude this cell)"},
        {R"("model": {"width": 64}, "regularizers": {"spectrul": {}})",
         R"(s.json:/regularizers/spectrul: unknown regularizer 'spectrul' (without "kind" the label names it); did you mean 'spectral'?)"},
        {R"("model": {"width": 64}, "regularizers": {"a b": {"kind": "spectral"}})",
         R"(s.json:/regularizers/a b: 'a b' is no label (it becomes part of file names); use letters, digits, '_', '.' and '-')"},
        {R"("model": {"width": {"sweep": [64, 8]}}, "regularizers": {"spectral": {}})",
         R"(s.json:/regularizers/spectral: cutoff 10 leaves no eigenvalue to penalise in a layer of width 8; choose a cutoff below 7 (in the cell width=8))"},
        {R"("dataset": {"kind": "gaussian", "train_samples": 12}, "training": {"batch_size": 12}, "model": {"width": 64}, "regularizers": {"spectral": {}})",
         R"(s.json:/regularizers/spectral: cutoff 10 leaves no eigenvalue to penalise in a layer of width 64 with 12 training samples; choose a cutoff below 10)"},
        {R"("model": {"width": 64}, "attacks": {"pgd": {"epsilon": [0.1, 0.2]}})",
         R"(s.json:/attacks/pgd/epsilon: a list is not a number (radius of the ball); several values are written {"sweep": [...]})"},
        {R"("model": {"width": 64}, "attacks": {"pgd": {}})",
         R"(s.json:/attacks/pgd: 'epsilon' is missing (radius of the ball); it has no default)"},
        {R"("model": {"width": 64}, "attacks": {"a": {"kind": "fgsm", "epsilon": 0.1}, "b": {"kind": "fgsm", "epsilon": 0.2}})",
         R"(s.json:/attacks/b: 'b' computes the same as 'a'; keep one, with all its intensities)"},
        {R"("model": {"width": 64}, "metrics": {"spectrum": {"fit_first": 600}})",
         R"(s.json:/metrics/spectrum: fit_first 600 is not below fit_last 500; a slope needs two ranks)"},
        {R"("model": {"width": {"sweep": []}})",
         R"(s.json:/model/width/sweep: an empty sweep; give at least one value)"},
        {R"("model": {"width": {"sweep": 64}})",
         R"(s.json:/model/width/sweep: 64 is not a sweep; give a list of values or one of 'linspace', 'logspace', 'range')"},
        {R"("model": {"width": {"sweep": [64, 128, 64.0]}})",
         R"(s.json:/model/width/sweep/2: the value 64 stands twice; keep one)"},
        {R"("model": {"width": {"sweep": [64], "default": 64}})",
         R"(s.json:/model/width: 'sweep' stands with other keys; it takes the place of a value, alone)"},
        {R"("model": {"width": {"sweep": [64, 0]}})",
         R"(s.json:/model/width/sweep/1: 0 is out of range (units of each hidden layer); give a value between 1 and 1000000)"},
        {R"("model": {"width": {"sweep": {"linspce": [1, 2, 2]}}})",
         R"(s.json:/model/width/sweep/linspce: unknown kind of sweep; did you mean 'linspace'?)"},
        {R"("model": {"width": {"sweep": {"linspace": [10, 15, 3]}}})",
         R"(s.json:/model/width/sweep: 12.5 is not an integer (units of each hidden layer))"},
        {R"("model": {"width": {"sweep": {"linspace": [10, 20]}}})",
         R"(s.json:/model/width/sweep/linspace: 'linspace' takes [first, last, count])"},
        {R"("model": {"width": {"sweep": {"linspace": [10, 20, 1]}}})",
         R"(s.json:/model/width/sweep/linspace/2: 1 is not a count; give an integer between 2 and 1,000,000)"},
        {R"("model": {"width": {"sweep": {"logspace": [0, 20, 3]}}})",
         R"(s.json:/model/width/sweep/logspace: 'logspace' needs ends above 0; add 0 with a list of values)"},
        {R"("model": {"width": {"sweep": {"range": [10, 20, -5]}}})",
         R"(s.json:/model/width/sweep/range: a step of -5 never leads from 10 to 20)"},
        {R"("model": {"activation": {"sweep": {"range": [1, 2, 1]}}, "width": 64})",
         R"(s.json:/model/activation/sweep: 'activation' holds no numbers; list its values)"},
        {R"("model": {"width": 64}, "output": {"models": {"sweep": [true, false]}})",
         R"(s.json:/output/models: this option cannot be swept; give one value)"},
        {R"("model": {"width": 64}, "output": {"model": true})",
         R"(s.json:/output/model: unknown key; did you mean 'models'?)"},
        {R"("model": {"width": 64}, "description": 3)", R"(s.json:/description: 3 is not a text)"},
        {R"("model": {"width": 64}, "seed": -1)",
         R"(s.json:/seed: -1 is out of range (decides initial weights and the order of samples); give a value between 0 and 9007199254740992)"},
        {R"("model": {"width": {"sweep": [64, 128, 64]}}, "seed": {"sweep": [0, 1, 0]}, "zip": [["/seed", "/model/width"]])",
         R"(s.json:/seed/sweep/2: the zipped values 0, 64 stand together twice; keep them once)"},
        {R"("model": {"width": {"sweep": {"range": [1, 3, 1]}}, "depth": {"sweep": [2, 1, 2]}}, "attacks": {"fgsm": {"epsilon": {"sweep": [0.1, 0.2, 0.1]}}}, "zip": [["/model/width", "/model/depth"]])",
         R"(s.json:/attacks/fgsm/epsilon/sweep/2: the value 0.1 stands twice; keep one)"},
        {R"("model": {"width": 64}, "zip": [["/model/width"]])",
         R"(s.json:/zip/0: a group of 'zip' is a list of at least two JSON pointers to swept options)"},
        {R"("model": {"width": {"sweep": [64, 128]}}, "zip": [["/model/widht", "/seed"]])",
         R"(s.json:/zip/0/0: '/model/widht' is not swept; did you mean '/model/width'?)"},
        {R"("model": {"width": {"sweep": [64, 128]}}, "seed": {"sweep": [0, 1, 2]}, "zip": [["/model/width", "/seed"]])",
         R"(s.json:/zip/0: '/model/width' has 2 values and '/seed' has 3; zipped options need as many)"},
        {R"("model": {"width": 64}, "seed": {"sweep": [0, 1]}, "attacks": {"pgd": {"epsilon": 0.1, "steps": {"sweep": [1, 2]}}}, "zip": [["/attacks/pgd/steps", "/seed"]])",
         R"(s.json:/zip/0: '/seed' is swept without '/attacks/pgd/steps' beside it; zipped options are swept together, both for training or both in one attack)"},
        {R"("model": {"width": 64}, "seed": {"sweep": [0, 1]}, "attacks": {"pgd": {"epsilon": {"sweep": [0.1, 0.2]}}}, "zip": [["/attacks/pgd/epsilon", "/seed"]])",
         R"(s.json:/zip/0/0: '/attacks/pgd/epsilon' is an attack's intensity (all its values are run on each trained network); it cannot be zipped)"},
        {R"("model": {"width": 64}, "exclude": [{"model": {"widht": 64}}])",
         R"(s.json:/exclude/0/model/widht: unknown key; did you mean 'width'?)"},
        {R"("model": {"width": 64}, "exclude": [{}])",
         R"(s.json:/exclude/0: an entry without options would exclude every cell)"},
        {R"("model": {"width": 64}, "exclude": [{"model": {"width": 64}}])",
         R"(s.json:/exclude: every cell is excluded; nothing is left to train)"},
        {R"("model": {"width": 64}, "exclude": [{"case": "a"}])", R"(s.json:/exclude/0/case: the study has no cases)"},
        {R"("model": {"width": 64}, "exclude": [{"attacks": {}}])",
         R"(s.json:/exclude/0/attacks: 'exclude' removes cells of training axes; attacks and metrics run on every cell)"},
        {R"("model": {"width": 64}, "cases": [])",
         R"(s.json:/cases: 'cases' is a list of at least one {"name": ..., partial configuration})"},
        {R"("model": {"width": 64}, "cases": [{"model": {"depth": 2}}])",
         R"(s.json:/cases/0: 'name' is missing; give the case one)"},
        {R"("model": {"width": 64}, "cases": [{"name": "x"}, {"name": "x"}])",
         R"(s.json:/cases/1/name: two cases are called 'x'; rename one)"},
        {R"("model": {"width": 64}, "cases": [{"name": "x"}, {"name": "y", "regularizers": {"spectral": {"strenght": 1}}}])",
         R"(s.json:/cases/1/regularizers/spectral/strenght: unknown key; did you mean 'strength'?)"},
        {R"("model": {"width": 64}, "cases": [{"name": "x", "regularizers": {"spectral": null}}])",
         R"(s.json:/cases/0/regularizers/spectral: null stands where an object belongs)"},
        {R"("model": {"width": 64}, "regularizers": {}, "cases": [{"name": "x", "regularizers": {"spectral": null}}])",
         R"(s.json:/cases/0/regularizers/spectral: null removes 'spectral' from the base, which does not have it)"},
        {R"("model": {"width": 64}, "cases": [{"name": "x", "output": {"models": false}}])",
         R"(s.json:/cases/0/output: unknown key; known are 'name', 'seed', 'procedure', 'dataset', 'model', 'training', 'regularizers', 'constraints', 'attacks', 'metrics')"},
        {R"("model": {"width": 64}, "dataset": {"kind": "mnist", "folder": {"sweep": ["/a", "/b"]}})", R"(s.json:/dataset/folder: "/a" and "/b" stand for one trial, because where data lies is no part of what a trial is; keep one, or give different data each its 'label' (kinds 'idx_folder' and 'hdf5'))"},
        {R"("model": {"width": 64}, "metrics": {"validation": {}})",
         R"(s.json:/metrics/validation: no samples are held out for validation; set /dataset/validation_samples, or leave out this metric)"},
        {R"("model": {"width": 64}, "attacks": {"pgd": {"epsilon": 0.1, "split": "validation"}})",
         R"(s.json:/attacks/pgd: split 'validation' asks for samples that are not there; set /dataset/validation_samples, or choose 'test')"},
        {R"("model": {"width": {"sweep": {"range": [1, 1000, 1]}}}, "seed": {"sweep": {"range": [1, 10000, 1]}})",
         R"(s.json: the grid has 1e+07 cells, more than 5,000,000; sweep fewer values)"},
};

const Broken broken_metrics[] = {
    {R"("model": {"width": 64, "batch_norm": true}, "metrics": {"spectrum": {"network": "initial"}})",
     R"(s.json:/metrics/spectrum: network 'initial' is not defined with batch_norm or whiten, whose statistics come with training; choose 'trained')"},
    {R"("model": {"width": 64, "batch_norm": true}, "metrics": {"kernel_regression": {}})",
     R"(s.json:/metrics/kernel_regression: tangent kernels want affine layers only, without batch_norm and whiten; leave out this metric or those)"},
    {R"("model": {"width": 64, "whiten": 1}, "metrics": {"kernel_regime": {}})",
     R"(s.json:/metrics/kernel_regime: tangent kernels want affine layers only, without batch_norm and whiten; leave out this metric or those)"},
    {R"("model": {"width": 64}, "metrics": {"kernel_regression": {"train_samples": 2237}})",
     R"(s.json:/metrics/kernel_regression: train_samples 2237 make a kernel of 22370 rows, one for each sample and class (at most 22360 fit); choose at most 2236)"},
    {R"("model": {"width": 64}, "dataset": {"kind": "gaussian", "train_samples": 4000, "classes": 100}, "metrics": {"kernel_regression": {}})",
     R"(s.json:/metrics/kernel_regression: train_samples 500 make a kernel of 50000 rows, one for each sample and class (at most 22360 fit); choose at most 223)"},
};

const Broken broken_penalties_and_attacks[] = {
    {R"("model": {"width": 64}, "attacks": {"pgd": {"epsilon": 8}})",
     R"(s.json:/attacks/pgd/epsilon: a radius of 8 holds every image, because pixels lie in [0, 1]; give a value up to 1 (in units of 1/255: divide by 255))"},
    {R"("model": {"width": 64}, "attacks": {"strict": {"epsilon": {"sweep": [1, 30]}, "norm": "l2"}})",
     R"(s.json:/attacks/strict/epsilon: a radius of 30 holds every image, because pixels lie in [0, 1]; give a value up to 28 (in units of 1/255: divide by 255))"},
    {R"("model": {"width": 64}, "attacks": {"pgd": {"epsilon": 0.1, "random_start": false, "restarts": 2}})",
     R"(s.json:/attacks/pgd: 'restarts' asks for other random starts, and random_start is false: all runs would be the same; set random_start to true, or restarts to 1)"},
    {R"("dataset": {"kind": "gaussian", "classes": 2}, "model": {"width": 64}, "attacks": {"pgd": {"epsilon": 0.1, "loss": "dlr"}})",
     R"(s.json:/attacks/pgd: loss 'dlr' needs three classes and the dataset has 2 (it divides by a difference to the third largest logit); choose 'margin')"},
    {R"("dataset": {"kind": "gaussian", "classes": 2}, "model": {"width": 64}, "attacks": {"apgd": {"epsilon": 0.1, "loss": "dlr"}})",
     R"(s.json:/attacks/apgd: loss 'dlr' needs three classes and the dataset has 2 (it divides by a difference to the third largest logit); choose 'margin')"},
    {R"("model": {"width": 64}, "attacks": {"fab": {"epsilon": 0.1, "targets": 0}})",
     R"(s.json:/attacks/fab/targets: 0 is out of range (number of wrong classes that it goes towards, the likeliest first; no more than there are); give a value between 1 and 1000)"},
    {R"("model": {"width": 64}, "attacks": {"deepfool": {"epsilon": 0.1, "candidates": 1}})",
     R"(s.json:/attacks/deepfool/candidates: 1 is out of range (number of classes that it looks at, the likeliest first, the sample's own included); give a value between 2 and 1000)"},
    {R"("dataset": {"kind": "gaussian", "classes": 2}, "model": {"width": 64}, "attacks": {"mi_fgsm": {"epsilon": 0.1, "loss": "dlr"}})",
     R"(s.json:/attacks/mi_fgsm: loss 'dlr' needs three classes and the dataset has 2 (it divides by a difference to the third largest logit); choose 'margin')"},
    {R"("model": {"width": 64}, "attacks": {"uniform_noise": {"epsilon": -1}})",
     R"(s.json:/attacks/uniform_noise/epsilon: -1 is out of range (largest size of the noise before it is clipped); give a value between 0 and 100)"},
    {R"("dataset": {"kind": "gaussian"}, "model": {"width": 64}, "attacks": {"rotation": {"angle": 10}})",
     R"(s.json:/attacks/rotation: the dataset's inputs are no images, so that their pixels have no places to move to; choose a dataset of images, or an attack on the values of inputs)"},
    {R"("model": {"width": 64}, "attacks": {"translation": {"shift": -1}})",
     R"(s.json:/attacks/translation/shift: -1 is out of range (largest shift along each axis); give a value between 0 and 100)"},
    {R"("dataset": {"kind": "gaussian"}, "model": {"width": 64}, "attacks": {"salt_and_pepper_noise": {"share": 0.1}})",
     R"(s.json:/attacks/salt_and_pepper_noise: the dataset's inputs have no bounds (salt and pepper are the largest and the least possible input); choose 'uniform_noise' or 'gaussian_noise')"},
    {R"("dataset": {"kind": "gaussian"}, "model": {"width": 64}, "attacks": {"grey_image": {"epsilon": 0.1}})",
     R"(s.json:/attacks/grey_image: the grey image lies in the middle of the pixels' range, and this dataset's inputs have no bounds; leave grey_image out)"},
    {R"("model": {"width": 64}, "regularizers": {"spectral": {"basis_samples": 12}})",
     R"(s.json:/regularizers/spectral: cutoff 10 leaves no eigenvalue to penalise in a layer of width 64 with 12 basis_samples; choose a cutoff below 10)"},
    {R"("model": {"width": 64}, "regularizers": {"spectral": {"basis_samples": 2}})",
     R"(s.json:/regularizers/spectral: cutoff 10 leaves no eigenvalue to penalise in a layer of width 64 with 2 basis_samples; take more)"},
    {R"("model": {"width": 64}, "regularizers": {"spectral": {"basis_samples": -1}})",
     R"(s.json:/regularizers/spectral/basis_samples: -1 is out of range (how many training samples each epoch's eigenvectors are taken over, drawn once for all networks; 0 takes all); give a value between 0 and 1000000000)"},
};

void check_broken(const Broken& broken) {
  const std::string text = std::string("{\"name\": \"a\", ") + broken.text + "}";
  INFO(text);
  CHECK(message_of(text) == broken.message);
}

}  // namespace

TEST_CASE("text that is no JSON is refused with line and column") {
  for (const Broken& broken : broken_json) CHECK(message_of(broken.text) == broken.message);
}

TEST_CASE("every broken study is refused with its place, the reason and what to do") {
  CHECK(std::size(broken_studies) + std::size(broken_json) >= 40);
  for (const Broken& broken : broken_studies) check_broken(broken);
}

TEST_CASE("a metric that a study's networks do not have is refused") {
  for (const Broken& broken : broken_metrics) check_broken(broken);
}

TEST_CASE("a penalty that has too few samples for its eigenvectors is refused") {
  for (const Broken& broken : broken_penalties_and_attacks) check_broken(broken);
}

TEST_CASE("a study needs a name that can name files") {
  CHECK(message_of(R"({"model": {"width": 64}})") == "s.json: 'name' is missing; give the study one");
  CHECK(message_of(R"({"name": "a/b", "model": {"width": 64}})") ==
        "s.json:/name: 'a/b' is no name (it becomes part of file names); use letters, digits, '_', '.' and '-'");
  CHECK(message_of(R"({"name": "..", "model": {"width": 64}})") ==
        "s.json:/name: '..' is no name (it becomes part of file names); use letters, digits, '_', '.' and '-'");
  CHECK_THAT(message_of(R"({"name": "a\nb", "model": {"width": 64}})"), Catch::Contains("is no name"));
}

TEST_CASE("a path of a study can be used everywhere a path goes") {
  const auto given = [](const std::string& folder) {
    return message_of(R"({"name": "a", "model": {"width": 64}, "dataset": {"folder": )" + folder + "}}");
  };
  const std::string why =
      " holds a line end or another control character (messages, scripts and logs are read line by line); rename the "
      "file or folder";
  CHECK(given(R"("two\nlines")") == R"(s.json:/dataset/folder: 'two\nlines')" + why);
  CHECK(given(R"("/a/tab\t")") == R"(s.json:/dataset/folder: '/a/tab\t')" + why);
  CHECK(given(R"("\u001b[31mred")") == R"(s.json:/dataset/folder: '\u001b[31mred')" + why);
  CHECK(given(R"({"sweep": ["/a", "b\u007f"]})") == R"(s.json:/dataset/folder/sweep/1: 'b\u007f')" + why);
  const std::string name(255, 'x');
  CHECK(given(fmt::format(R"("/{}")", name)).empty());
  CHECK(given(fmt::format(R"("{}x/y")", name)) ==
        "s.json:/dataset/folder: '" + std::string(60, 'x') +
            "...' has 256 bytes (a file's name has 255 at most); choose a shorter one");
  std::string longest;
  while (longest.size() < 3968) longest += fmt::format("/{}", std::string(123, 'x'));
  CHECK(given(fmt::format(R"("{}")", longest)).empty());
  const std::string refused = given(fmt::format(R"("{}y")", longest));
  CHECK_THAT(refused, Catch::StartsWith("s.json:/dataset/folder: '/xxx"));
  CHECK_THAT(refused, Catch::EndsWith("...' is a path of 3969 bytes from the root (with the names below it the system "
                                      "takes 3968); choose a shorter one"));
  // A relative path counts with the folder that it starts from.
  CHECK_THAT(given(fmt::format(R"("{}")", longest.substr(1))), Catch::Contains("bytes from the root"));
}
