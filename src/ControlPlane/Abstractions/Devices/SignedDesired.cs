namespace MicroVm.ControlPlane.Abstractions.Devices;

/// <summary>A device's desired state as it would be sent to it now.</summary>
/// <param name="Document">The encoded document.</param>
/// <param name="Message">The signed envelope of it: the payload of <c>down/desired</c>.</param>
[GenerateSerializer]
[Immutable]
public sealed record SignedDesired([property: Id(0)] byte[] Document, [property: Id(1)] byte[] Message);
