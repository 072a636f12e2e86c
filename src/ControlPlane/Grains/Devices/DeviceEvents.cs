using MicroVm.ControlPlane.Abstractions.Events;
using MicroVm.Shared.Contracts.Reported;

namespace MicroVm.ControlPlane.Grains.Devices;

/// <summary>What operators hear of a device from the control plane itself. Pure.</summary>
internal static class DeviceEvents
{
    internal static FleetEvent Connected(string device, Hello hello, bool isFirst) => new(
        device,
        false,
        isFirst ? "DeviceRegistered" : "DeviceConnected",
        $"agent {hello.AgentVersion} on {hello.Architecture}, holds generation {hello.HeldGeneration}");

    internal static FleetEvent Disconnected(string device) => new(device, false, "DeviceDisconnected", "its connection ended");

    /// <summary>What a device holds is not what it should hold, and it cannot be told.</summary>
    internal static FleetEvent Held(string device, string condition) => new(device, true, "DesiredStateHeld", condition);

    /// <summary>A device refused what it was told; null when a report says nothing new of it.</summary>
    internal static FleetEvent? Refused(string device, ReportedState? before, ReportedState after) =>
        after.Refusal.Length > 0 && after.Refusal != before?.Refusal ? new FleetEvent(device, true, "DesiredStateRefused", after.Refusal) : null;
}
