using MicroVm.ControlPlane.Abstractions.Deployments;

namespace MicroVm.ControlPlane.Grains.Devices;

/// <summary>A deployment's claim on a device.</summary>
/// <param name="Order">Rises with each new claim: of two that want one VM name the older keeps it.</param>
/// <param name="Assignment">What is claimed.</param>
internal sealed record DeviceAssignment(long Order, Assignment Assignment);
