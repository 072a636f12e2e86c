using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Identity;

namespace MicroVm.Benchmarks.Agent;

/// <summary>What a device with four processors and ten VMs would measure, by seeded random walks: always the same.</summary>
internal sealed class TelemetryModel
{
    private const int Vms = 10, Cores = 4, Sensors = 2;
    private const long Start = 1_800_000_000_000;

    private readonly Random _random = new(7);
    private readonly ResourceName[] _names = [.. Enumerable.Range(1, Vms).Select(i => ResourceName.Parse($"workload-{i}"))];
    private readonly ulong[] _counters = new ulong[8 * (Vms + 1)];
    private long _at = Start;
    private ulong _uptime = 90_000;

    /// <summary>The samples of the next moment.</summary>
    /// <param name="interval">Time since the moment before.</param>
    internal (HostSample Host, VmSample[] Vms, MetricPoint[] Metrics) Next(TimeSpan interval)
    {
        // Timers are late by a few milliseconds.
        _at += (long)interval.TotalMilliseconds + _random.Next(0, 4);
        _uptime += (ulong)interval.TotalSeconds;
        return (Host(), [.. Enumerable.Range(0, Vms).Select(Vm)], [.. Enumerable.Range(0, Vms * Sensors).Select(Metric)]);
    }

    /// <summary>Values in a batch, but for times and names.</summary>
    internal static int Points(TelemetryBatch batch)
    {
        const int ofHost = 16, ofVm = 16;
        return batch.Hosts.Sum(static host => ofHost + host.CoreCpuPermille.Count) + (batch.Vms.Count * ofVm) + batch.Metrics.Count;
    }

    private HostSample Host() => new(
        _at, Around(120, 60), (ulong)Around(1_800_000, 900) << 10, 4_101_316_608, 3_221_225_472 + Rise(0, 20_000), 31_138_512_896, _uptime, (ulong)Around(4_700, 3) << 12)
    {
        CoreCpuPermille = [.. Enumerable.Range(0, Cores).Select(_ => Around(120, 100))],
        Pressure = new PressureSample(Around(30, 30), 0, 0, _random.Next(10) == 0 ? Around(40, 40) : 0, 0),
        TemperatureMilliCelsius = 48_000 + (500 * _random.Next(0, 4)),
        NetworkReceivedBytes = Rise(1, 60_000),
        NetworkSentBytes = Rise(2, 30_000),
        Clock = ClockQuality.Synchronised,
    };

    private VmSample Vm(int vm)
    {
        int own = 8 * (vm + 1);
        bool isBusy = vm % 3 == 0;
        return new VmSample(_at, _names[vm], isBusy ? Around(200, 80) : _random.Next(0, 6), (ulong)Around(24_000 + (vm * 900), isBusy ? 40 : 2) << 12, VmPhase.Running)
        {
            GuestMemoryBytes = 118_489_088,
            GuestAvailableBytes = (ulong)Around(70_000, isBusy ? 900 : 30) << 10,
            GuestLoadPermille = isBusy ? Around(300, 60) : 0,
            VolumeBytes = vm % 2 == 0 ? 1UL << 30 : 0,
            VolumeUsedBytes = vm % 2 == 0 ? 70_000_000 + Rise(own, isBusy ? 4_096 : 1) : 0,
            BlockReadBytes = 9_000_000,
            BlockWrittenBytes = Rise(own + 1, isBusy ? 40_000 : 4_000) & ~4_095UL,
            NetworkReceivedBytes = Rise(own + 2, isBusy ? 9_000 : 200),
            NetworkSentBytes = Rise(own + 3, isBusy ? 7_000 : 150),
            Exits = Rise(own + 4, isBusy ? 30_000 : 2_000),
        };
    }

    private MetricPoint Metric(int series) => new(
        _names[series / Sensors], series % Sensors == 0 ? "belt.speed" : "motor.temperature",
        series % Sensors == 0 ? Around(1_250, 40) / 1000.0 : Around(615, 4) / 10.0,
        series % Sensors == 0 ? "m/s" : "°C", [new("line", $"{series}")], _at + _random.Next(0, 40));

    private int Around(int middle, int spread) => middle + _random.Next(-spread, spread + 1);

    private ulong Rise(int counter, int most) => _counters[counter] += (ulong)_random.Next(0, most + 1);
}
