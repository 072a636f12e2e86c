using MicroVm.Shared.Contracts.Reported;

namespace MicroVm.ControlPlane.Abstractions.Serialization;

/// <summary>A <see cref="ReportedState"/> as bytes.</summary>
[GenerateSerializer]
[Immutable]
public struct ReportedStateSurrogate
{
    /// <summary>The wire encoding.</summary>
    [Id(0)]
    public byte[] Payload { get; set; }
}
