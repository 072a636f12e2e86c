namespace MicroVm.ControlPlane.Abstractions.Devices;

/// <summary>What became of a change of labels.</summary>
/// <param name="Current">The labels as they are now; null when the device never said hello.</param>
/// <param name="Changed">False when the version was not the expected one.</param>
[GenerateSerializer]
[Immutable]
public sealed record LabelsOutcome([property: Id(0)] DeviceLabels? Current, [property: Id(1)] bool Changed);
