using MicroVm.ControlPlane.Abstractions.Deployments;

namespace MicroVm.ControlPlane.Grains.Devices;

/// <summary>A deployment's claim on a device.</summary>
/// <param name="Order">Rises with each new claim: of two that want one VM name the older keeps it.</param>
/// <param name="Assignment">What is claimed.</param>
internal sealed record DeviceAssignment(long Order, Assignment Assignment)
{
    /// <summary>
    /// Generation of the desired state that tells the device. A report on an older one says nothing about this claim: a
    /// deployment that was deleted and made anew has the same name and revision. 0 when it was made before this was kept.
    /// </summary>
    public ulong Since { get; init; }

    /// <summary>
    /// What the device has of it while it cannot have what is claimed now (no image for its architecture, a port or a name that
    /// is taken, a secret that is not there): a healthy VM is not stopped for one that cannot be. Null when it can.
    /// </summary>
    public Assignment? Before { get; init; }
}
