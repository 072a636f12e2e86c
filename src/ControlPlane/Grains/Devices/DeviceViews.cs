using System.Collections.Immutable;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Reported;

namespace MicroVm.ControlPlane.Grains.Devices;

/// <summary>Turns what a device said into what the API shows.</summary>
internal static class DeviceViews
{
    /// <summary>A device may state any number; what no calendar has becomes the nearest that it has.</summary>
    private static readonly long s_firstMs = DateTimeOffset.MinValue.ToUnixTimeMilliseconds(), s_lastMs = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    internal static DeviceView Of(
        string device,
        bool online,
        DateTimeOffset? lastSeen,
        Hello hello,
        ReportedState? report,
        ImmutableSortedDictionary<string, string> labels,
        DesiredDocument desired,
        string condition) => new(
        device,
        online,
        lastSeen,
        hello.AgentVersion,
        hello.Architecture,
        hello.Capacity.CpuCount,
        hello.Capacity.MemoryBytes,
        hello.Capacity.DiskBytes,
        labels,
        desired.Generation,
        report?.ObservedGeneration ?? 0,
        condition,
        [.. (report?.Vms ?? []).OrderBy(vm => vm.Name.Value, StringComparer.Ordinal).Select(vm => Of(vm, desired))])
    {
        TelemetryIntervalSeconds = desired.State.Settings.TelemetryIntervalSeconds,
        Volumes = [.. (report?.Volumes ?? []).Select(static volume =>
            new VolumeView(volume.Vm.Value, volume.Name.Value, volume.SizeBytes, volume.AllocatedBytes, volume.IsDesired))],
    };

    private static VmView Of(VmStatus vm, DesiredDocument desired) => new(
        vm.Name.Value,
        vm.Deployment.Value,
        vm.Revision,
        vm.Phase.ToString(),
        vm.Reason,
        vm.Message,
        vm.Restarts,
        vm.ImageDigest.Value,
        vm.MemoryMib,
        vm.VmmPid,
        vm.LastExitCode)
    {
        Kind = desired.State.Vms.FirstOrDefault(one => one.Name == vm.Name)?.Kind.ToString() ?? "",
        Ready = vm.Ready,
        MemoryGrantedMib = vm.MemoryGrantedMib,
        NextRun = vm.NextRunUnixMs is long ms ? DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(ms, s_firstMs, s_lastMs)) : null,
    };
}
