using System.Collections.Immutable;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Reported;

namespace MicroVm.ControlPlane.Grains.Devices;

/// <summary>Turns what a device said into what the API shows.</summary>
internal static class DeviceViews
{
    internal static DeviceView Of(
        string device,
        bool online,
        DateTimeOffset? lastSeen,
        Hello hello,
        ReportedState? report,
        ImmutableSortedDictionary<string, string> labels,
        ulong desiredGeneration,
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
        desiredGeneration,
        report?.ObservedGeneration ?? 0,
        condition,
        [.. (report?.Vms ?? []).OrderBy(vm => vm.Name.Value, StringComparer.Ordinal).Select(Of)]);

    private static VmView Of(VmStatus vm) => new(
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
        vm.LastExitCode);
}
