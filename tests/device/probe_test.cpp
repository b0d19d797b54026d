#include "device/runtime/probe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace arete::device {
namespace {

using testing::HasSubstr;

Probe machine_with(std::vector<GpuFacts> gpus) {
  Probe probe;
  probe.driver = {13000};
  probe.runtime = {13000};
  probe.cublas_version = least_cublas_version;
  probe.gpus = std::move(gpus);
  return probe;
}

const GpuFacts h200{"NVIDIA H200", 9, 0, 150'754'820'096};

TEST(Probe, FindsNothingInTheWayOfAGoodGpu) {
  EXPECT_EQ(obstacle(machine_with({h200}), 0), std::nullopt);
  EXPECT_EQ(obstacle(machine_with({h200, h200}), 1), std::nullopt);
  EXPECT_EQ(describe(h200), "NVIDIA H200, compute capability 9.0, 150.8 GB");
}

TEST(Probe, EmulatesFloat64WhereTheCardIsSlowAndTheLibraryCan) {
  constexpr std::size_t older = least_version_of_emulation - 1;
  EXPECT_FALSE(is_emulation_worthwhile(2, least_version_of_emulation));  // H200
  EXPECT_TRUE(is_emulation_worthwhile(32, least_version_of_emulation));
  EXPECT_TRUE(is_emulation_worthwhile(64, least_version_of_emulation));  // workstation cards
  EXPECT_FALSE(is_emulation_worthwhile(64, older));
}

TEST(Probe, TellsNoDriverFromAnOldOne) {
  Probe probe = machine_with({});
  probe.outcome = Probe::Outcome::driver_insufficient;
  EXPECT_THAT(*obstacle(probe, 0), HasSubstr("serves CUDA 13.0 at most, but 13.0"));
  probe.driver = {12080};
  EXPECT_THAT(*obstacle(probe, 0), HasSubstr("too old: it serves CUDA 12.8 at most, but 13.0"));
  probe.driver = {0};
  EXPECT_THAT(*obstacle(probe, 0), HasSubstr("no NVIDIA driver"));
}

TEST(Probe, TellsWhatElseIsInTheWay) {
  Probe probe = machine_with({});
  probe.outcome = Probe::Outcome::no_device;
  EXPECT_THAT(*obstacle(probe, 0), HasSubstr("CUDA_VISIBLE_DEVICES"));
  probe.outcome = Probe::Outcome::failed;
  probe.failure = "cudaErrorUnknown";
  EXPECT_THAT(*obstacle(probe, 0), HasSubstr("cudaErrorUnknown"));
}

TEST(Probe, KnowsHowManyGpusThereAre) {
  EXPECT_THAT(*obstacle(machine_with({h200}), 1), HasSubstr("has 1 GPU: cuda:0"));
  EXPECT_THAT(*obstacle(machine_with({h200, h200}), 7), HasSubstr("has 2 GPUs: cuda:0 to cuda:1"));
}

TEST(Probe, RefusesOldGpusAndWrongLibraries) {
  EXPECT_THAT(*obstacle(machine_with({{"Tesla T4", 7, 5, 1}}), 0), HasSubstr("capability 7.5"));
  Probe probe = machine_with({h200});
  probe.cublas_version = 130000;
  EXPECT_THAT(*obstacle(probe, 0), HasSubstr("cuBLAS that was loaded is 13.0.0"));
}

TEST(ChosenGpu, SpreadsTheProcessesOfAMachine) {
  EXPECT_EQ(chosen_gpu(2, 4), 2);
  EXPECT_EQ(chosen_gpu(9, 4), 9);  // which is then refused by name
  EXPECT_EQ(chosen_gpu(-1, 4), 0);
  EXPECT_EQ(chosen_gpu(-4, 4), 3);
  EXPECT_EQ(chosen_gpu(-5, 4), 0);
  EXPECT_EQ(chosen_gpu(-1, 0), 0);
}

}  // namespace
}  // namespace arete::device
