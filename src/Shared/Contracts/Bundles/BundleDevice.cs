using MicroVm.Shared.Identity;

namespace MicroVm.Shared.Contracts.Bundles;

/// <summary>What a bundle has for one device. All messages are signed; nothing else about them is to be believed.</summary>
/// <param name="Device">Whom it is for.</param>
/// <param name="Desired">The desired state as <c>down/desired</c> carries it.</param>
/// <param name="Trust">The command with a newer trust bundle as <c>down/command</c> carries it; empty when the device needs none.</param>
public sealed record BundleDevice(DeviceId Device, byte[] Desired, byte[] Trust)
{
    /// <summary>The manifest of the agent release that the desired state names, as <c>agent-releases</c> gives it; empty when its artifact is not in the bundle.</summary>
    public byte[] Release { get; init; } = [];
}
