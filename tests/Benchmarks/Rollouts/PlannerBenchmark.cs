using System.Diagnostics;
using MicroVm.Benchmarks.Measuring;
using MicroVm.ControlPlane.Abstractions.Rollouts;
using MicroVm.ControlPlane.Grains.Rollouts;

namespace MicroVm.Benchmarks.Rollouts;

/// <summary>
/// What deciding costs for a fleet of 10,000 devices: one look in the middle of a rollout, which comes every second while
/// something is on the way, and all looks of a whole one.
/// </summary>
internal sealed class PlannerBenchmark(Figures figures)
{
    private const int DeviceCount = 10_000, Rounds = 200;
    private const double GoalLookMs = 10, GoalLookKib = 1024, GoalRolloutSeconds = 15;

    private static readonly RolloutStrategy s_strategy = new()
    {
        Canary = new CanaryRule(new Amount(10, false), null),
        Waves = [new Amount(1, true), new Amount(10, true), new Amount(50, true)],
        MaxUnavailable = new Amount(5, true),
        RatePerMinute = 3000,
        SoakSeconds = 60,
    };

    private RolloutState _state = RolloutDecisions.Begin(null, 2, 1, DateTimeOffset.UnixEpoch);
    private RolloutDevice[] _devices = [];
    private DateTimeOffset _now = DateTimeOffset.UnixEpoch;

    internal void Run()
    {
        _devices = [.. Enumerable.Range(0, DeviceCount).Select(static i => new RolloutDevice
        {
            Device = $"edge-{i:00000}",
            Order = WaveDecisions.Order($"edge-{i:00000}", 2),
            IsOnline = i % 50 != 0,
            Assigned = 1,
            Reported = 1,
            IsReady = true,
        })];

        int looks = 0;
        long begun = Stopwatch.GetTimestamp();
        while (_state.Phase != RolloutPhase.Complete)
        {
            looks++;
            Look();
            if (looks == 1 + Rounds / 2)
            {
                begun += MeasureLook();
            }
        }

        figures.AtMost($"a whole rollout to {DeviceCount} devices, deciding alone", Stopwatch.GetElapsedTime(begun).TotalSeconds, GoalRolloutSeconds, " s", $"{looks} looks");
    }

    /// <summary>Looks again and again at one moment; returns the ticks that it took.</summary>
    private long MeasureLook()
    {
        long begun = Stopwatch.GetTimestamp();
        List<double> times = [];
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Rounds; i++)
        {
            long start = Stopwatch.GetTimestamp();
            RolloutDecisions.Next(_state, s_strategy, _devices, _now);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        double kib = (GC.GetAllocatedBytesForCurrentThread() - before) / 1024.0 / Rounds;
        figures.AtMost($"one decision for {DeviceCount} devices", Figures.Median(times), GoalLookMs, " ms", $"slowest {times.Max():0.#} ms");
        figures.AtMost($"one decision for {DeviceCount} devices, memory", kib, GoalLookKib, " KiB");
        return Stopwatch.GetTimestamp() - begun;
    }

    /// <summary>A second goes by: devices do what they were told within it.</summary>
    private void Look()
    {
        _now += TimeSpan.FromSeconds(1);
        RolloutDecision decision = RolloutDecisions.Next(_state, s_strategy, _devices, _now);
        _state = decision.State;
        Dictionary<string, RolloutOrder> orders = decision.Orders.ToDictionary(static order => order.Device);
        for (int i = 0; i < _devices.Length; i++)
        {
            if (orders.TryGetValue(_devices[i].Device, out RolloutOrder? order))
            {
                int revision = order.Revision > 0 ? order.Revision : _devices[i].Assigned;
                _devices[i] = _devices[i] with { Admission = order.Admission, Assigned = revision, Reported = revision };
            }
        }
    }
}
