// SPDX-License-Identifier: BSD-3-Clause
// Drives one AXI-stream design: beats from a file in, beats to a file out, rules checked.
//
// usage: simulator folder inputs outputs idle backpressure seed stall_limit group interval record
//   folder/in.bin   inputs x IN_BYTES; written: out.bin (outputs x OUT_BYTES), in_cycles.bin and
//   out_cycles.bin (int64, the cycle in which each beat was accepted).
//   Every `group` input beats begin `interval` cycles or more after the group before.
//   With `record` 1, tap0.bin, tap1.bin, ... hold the beats that moved on the taps; TAP_BYTES lists
//   their widths. Tap i has its data in tap_data_o, tap 0 lowest, and bit i of tap_moves_o is set in
//   a cycle in which a beat moves.
// Prints "progress <outputs>" now and then, at the end "result <cycles> <gauge> ...", or
// "error: ..." with exit code 1. Cycle 0 is the first one after reset.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "Vsimulator.h"
#include "verilated.h"

namespace {

constexpr int kResetCycles = 8;
constexpr uint64_t kProgressCycles = 1 << 14;
constexpr uint64_t kDrainCycles = 1000;

// Verilator keeps a signal in little-endian words: its bytes are the beat.
using Byte = uint8_t;
template <typename Port> void put(Port &port, const Byte *from) {
  std::memcpy(static_cast<void *>(&port), from, IN_BYTES);
}
template <typename Port> void get(const Port &port, Byte *to) {
  std::memcpy(to, static_cast<const void *>(&port), OUT_BYTES);
}

// xorshift64*: true with a given probability.
class Coin {
public:
  Coin(uint64_t seed, double probability)
      : state_(seed * 0x9e3779b97f4a7c15ULL + 0x1234567),
        limit_(static_cast<uint64_t>(probability * 4294967296.0)) {}
  bool toss() {
    if (limit_ == 0) return false;
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return ((state_ * 0x2545f4914f6cdd1dULL) >> 32) < limit_;
  }

private:
  uint64_t state_, limit_;
};

template <typename T> bool store(const std::string &path, const std::vector<T> &values, size_t n) {
  std::FILE *file = std::fopen(path.c_str(), "wb");
  if (!file) return false;
  const bool good = std::fwrite(values.data(), sizeof(T), n, file) == n;
  return std::fclose(file) == 0 && good;
}

#ifdef TAP_BYTES
constexpr size_t kTapBytes[] = {TAP_BYTES};
constexpr size_t kTaps = sizeof(kTapBytes) / sizeof(kTapBytes[0]);

// Appends the beats of each tap to a file of its own.
class Recorder {
public:
  bool open(const std::string &folder) {
    for (size_t i = 0; i < kTaps; ++i) {
      files_[i] = std::fopen((folder + "/tap" + std::to_string(i) + ".bin").c_str(), "wb");
      if (!files_[i]) return false;
    }
    return true;
  }
  void take(const Vsimulator &top) {
    const Byte *data = reinterpret_cast<const Byte *>(&top.tap_data_o);
    const Byte *moves = reinterpret_cast<const Byte *>(&top.tap_moves_o);
    for (size_t i = 0; i < kTaps; data += kTapBytes[i++])
      if (moves[i / 8] >> (i % 8) & 1) good_ &= std::fwrite(data, kTapBytes[i], 1, files_[i]) == 1;
  }
  bool close() {
    for (std::FILE *file : files_) good_ &= std::fclose(file) == 0;
    return good_;
  }

private:
  std::FILE *files_[kTaps] = {};
  bool good_ = true;
};
#else
class Recorder {
public:
  bool open(const std::string &) { return true; }
  void take(const Vsimulator &) {}
  bool close() { return true; }
};
#endif

} // namespace

int main(int argc, char **argv) {
  if (argc < 11) return std::puts("error: ten arguments wanted"), 1;
  const std::string folder = argv[1];
  const uint64_t inputs = std::strtoull(argv[2], nullptr, 10);
  const uint64_t outputs = std::strtoull(argv[3], nullptr, 10);
  const uint64_t seed = std::strtoull(argv[6], nullptr, 10);
  const uint64_t stall_limit = std::strtoull(argv[7], nullptr, 10);
  const uint64_t group = std::strtoull(argv[8], nullptr, 10);
  const uint64_t interval = std::strtoull(argv[9], nullptr, 10);
  const bool record = std::atoi(argv[10]) != 0;
  Coin idle(2 * seed + 1, std::atof(argv[4])), hold(2 * seed + 2, std::atof(argv[5]));

  std::vector<Byte> in(inputs * IN_BYTES), out(outputs * OUT_BYTES), beat(OUT_BYTES), held;
  std::vector<int64_t> in_cycles(inputs), out_cycles(outputs);
  std::FILE *file = std::fopen((folder + "/in.bin").c_str(), "rb");
  if (!file || std::fread(in.data(), 1, in.size(), file) != in.size())
    return std::puts("error: in.bin cannot be read"), 1;
  std::fclose(file);
  Recorder recorder;
  if (record && !recorder.open(folder)) return std::puts("error: taps cannot be written"), 1;

  auto context = std::make_unique<VerilatedContext>();
  context->randReset(2); // registers without a reset start at random
  context->randSeed(static_cast<int>(seed & 0x3fffffff) + 1);
  auto top = std::make_unique<Vsimulator>(context.get());
  auto edge = [&] { top->ap_clk = 1, top->eval(), top->ap_clk = 0; };
  top->ap_clk = 0;
  top->ap_rst_n = 0;
  top->in0_V_TVALID = 0;
  top->out0_V_TREADY = 0;
  std::vector<Byte> zeros(IN_BYTES);
  put(top->in0_V_TDATA, zeros.data());
  for (int i = 0; i < kResetCycles; ++i) top->eval(), edge();
  top->ap_rst_n = 1;

  uint64_t taken = 0, given = 0, cycle = 0, last = 0, last_given = 0, gap = 0, waited = 0;
  uint64_t next_group = 0;
  bool offering = false, pending = false;
  auto fail = [&](const char *what) {
    std::printf("error: %s in cycle %llu (%llu of %llu beats in, %llu of %llu out)\n", what,
                (unsigned long long)cycle, (unsigned long long)taken, (unsigned long long)inputs,
                (unsigned long long)given, (unsigned long long)outputs);
    return 1;
  };
  for (;; ++cycle) {
    const bool done = taken == inputs && given == outputs;
    if (done && cycle > last + 2 * gap + kDrainCycles) break;
    const bool early = taken % group == 0 && cycle < next_group;
    if (!offering && taken < inputs && !early && !idle.toss()) {
      offering = true;
      if (taken % group == 0) next_group = cycle + interval;
      put(top->in0_V_TDATA, &in[taken * IN_BYTES]);
    }
    const bool ready = !hold.toss();
    top->in0_V_TVALID = offering;
    top->out0_V_TREADY = ready;
    top->eval();
    const bool valid = top->out0_V_TVALID;
    if (valid) get(top->out0_V_TDATA, beat.data());
    if (pending && !valid) return fail("output TVALID fell before TREADY");
    if (pending && beat != held) return fail("output TDATA changed before TREADY");
    pending = valid && !ready;
    if (pending) held = beat;
    bool moved = false;
    if (offering && top->in0_V_TREADY) {
      in_cycles[taken++] = static_cast<int64_t>(cycle);
      offering = false;
      moved = true;
    }
    if (valid && ready) {
      if (given == outputs) return fail("extra output beat");
      std::memcpy(&out[given * OUT_BYTES], beat.data(), OUT_BYTES);
      gap = std::max(gap, cycle - last_given);
      last_given = cycle;
      out_cycles[given++] = static_cast<int64_t>(cycle);
      moved = true;
    }
    if (record) recorder.take(*top);
    if (moved) last = cycle;
    waited = moved || done ? 0 : waited + 1;
    if (waited > stall_limit) return fail("deadlock, no beat moves");
    edge();
    if (context->gotFinish()) return fail("the design called $finish");
    if (cycle % kProgressCycles == kProgressCycles - 1) {
      std::printf("progress %llu\n", (unsigned long long)given);
      std::fflush(stdout);
    }
  }
  if ((record && !recorder.close()) || !store(folder + "/out.bin", out, out.size()) ||
      !store(folder + "/in_cycles.bin", in_cycles, inputs) ||
      !store(folder + "/out_cycles.bin", out_cycles, outputs))
    return std::puts("error: results cannot be written"), 1;
  std::printf("result %llu", (unsigned long long)(last + 1));
#if GAUGES > 0
  std::vector<uint32_t> gauges((sizeof(top->gauge_o) + 3) / 4);
  std::memcpy(gauges.data(), static_cast<const void *>(&top->gauge_o), sizeof(top->gauge_o));
  for (int i = 0; i < GAUGES; ++i) std::printf(" %u", gauges[i]);
#endif
  std::printf("\n");
  top->final();
  return 0;
}
