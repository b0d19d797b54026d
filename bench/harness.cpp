#include "harness.hpp"

#include <fmt/format.h>

#include "arete/core/blas.hpp"
#include "arete/core/threads.hpp"
#include "arete/core/version.hpp"

namespace arete::bench {

namespace {

void add_context(const Machine& machine) {
  const auto giga = [](double rate) { return fmt::format("{:.1f}", rate / 1e9); };
  benchmark::AddCustomContext("arete", build_identifier());
  benchmark::AddCustomContext("blas_kernels", blas_kernels());
  benchmark::AddCustomContext("threads", fmt::format("{}", machine.threads));
  benchmark::AddCustomContext("amx_gmacs_one_thread", giga(machine.amx.one));
  benchmark::AddCustomContext("amx_gmacs", giga(machine.amx.all));
  benchmark::AddCustomContext("vnni_gmacs_one_thread", giga(machine.vnni.one));
  benchmark::AddCustomContext("vnni_gmacs", giga(machine.vnni.all));
  benchmark::AddCustomContext("avx2_gmacs_one_thread", giga(machine.avx2.one));
  benchmark::AddCustomContext("avx2_gmacs", giga(machine.avx2.all));
  benchmark::AddCustomContext("dgemm_gflops_one_thread", giga(machine.float64.one));
  benchmark::AddCustomContext("dgemm_gflops", giga(machine.float64.all));
  benchmark::AddCustomContext("read_gbytes", giga(machine.read_all));
  benchmark::AddCustomContext("limits_others", fmt::format("{:.3f}", machine.disturbed));
}

}  // namespace

void report(benchmark::State& state, double seconds, const Floor& floor,
            const DisturbanceMonitor& monitor) {
  const double others = monitor.share_of_others();
  state.counters["of_floor"] = seconds / static_cast<double>(state.iterations()) / floor.seconds();
  state.counters["others"] = others;
  if (others > DisturbanceMonitor::limit) {
    state.SetLabel(fmt::format("disturbed: {:.0f}%", 100 * others));
  }
}

int run_program(int argc, char** argv, void (*add_benchmarks)(const Machine&)) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  const Machine machine = measure_machine(available_threads());
  add_context(machine);
  add_benchmarks(machine);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

}  // namespace arete::bench
