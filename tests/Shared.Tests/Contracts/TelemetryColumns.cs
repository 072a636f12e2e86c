using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Identity;

namespace MicroVm.Shared.Tests.Contracts;

/// <summary>Rows of every kind with every column set.</summary>
internal static class TelemetryColumns
{
    internal const long Moment = 1_764_000_000_123;

    private static readonly ResourceName s_vm = ResourceName.Parse("hello");
    private static readonly KeyValuePair<string, string>[] s_labels = [new("line", "4"), new("site", "Köln")];

    internal static TelemetryBody Body { get; } = new()
    {
        Hosts = [Host(0, 21_500), Host(1, -40_000), Host(2, null)],
        Vms = [Vm(0), Vm(1), Vm(1) with { Name = ResourceName.Parse("other"), ResidentBytes = ulong.MaxValue }],
        Metrics =
        [
            Point("temperature", 21.5, 0), Point("temperature", 21.25, 1), Point("temperature", -3, 2),
            Point("ratio", 1.0 / 3, 0), Point("ratio", 2.5, 1),
            Point("count", 0, 0) with { Unit = "", Labels = [] },
        ],
        Events = [new DeviceEvent(Moment, s_vm, true, "OutOfMemory", "the guest's kernel killed process 7")],
    };

    internal static MetricPoint Point(string name, double value, int row) => new(s_vm, name, value, "°C", s_labels, Moment + (row * 1000));

    internal static HostSample Host(int row, int? temperature) =>
        new(Moment + (row * 5003), 999 - row, 1UL << row, 2UL << 30, 3, 8UL << 30, 86_400 + (ulong)(5 * row), 20 << 20)
        {
            CoreCpuPermille = [row, 1000],
            Pressure = new PressureSample(1, 20, 300, 4_000, PressureSample.Whole),
            TemperatureMilliCelsius = temperature,
            NetworkReceivedBytes = ulong.MaxValue - (ulong)row,
            NetworkSentBytes = 70_000,
            Clock = ClockQuality.Unsynchronised,
        };

    internal static VmSample Vm(int row) => new(Moment + (row * 5003), s_vm, 1500, 140 << 20, VmPhase.Running)
    {
        GuestMemoryBytes = 120 << 20,
        GuestAvailableBytes = 60 << 20,
        GuestLoadPermille = 300,
        VolumeBytes = 8UL << 30,
        VolumeUsedBytes = 70_000,
        ErrorLines = row,
        BalloonMib = 64,
        BlockReadBytes = 4096,
        BlockWrittenBytes = 512,
        NetworkReceivedBytes = 1,
        NetworkSentBytes = 2,
        Restarts = 3,
        Exits = 1UL << 40,
    };
}
