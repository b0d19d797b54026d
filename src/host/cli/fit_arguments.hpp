#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "arete/cli/options.hpp"
#include "arete/cli/parse.hpp"
#include "arete/train/fit.hpp"

namespace arete::cli {

/// What was given to `arete fit`.
struct FitArguments {
  DataOptions data;
  MachineOptions machine;
  DeviceOptions device;
  RuleOptions rule;
  CheckpointArguments checkpoint;
  std::optional<LambdaGrid> lambdas;
  std::optional<Selection> selection;
  std::optional<Solver> solver;
  std::optional<std::string> preset;
  std::optional<Parallel> parallel;
  std::optional<std::vector<std::size_t>> shape;
  std::optional<std::filesystem::path> test;
  std::optional<std::filesystem::path> test_labels;
  std::optional<std::filesystem::path> out;
  std::optional<std::filesystem::path> report;
  bool no_test = false;
  bool no_refit = false;
  bool force = false;
  bool json = false;
};
void add_fit_options(CLI::App& parser, FitArguments& arguments);

}  // namespace arete::cli
