using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Abstractions.Serialization;

/// <summary>A <see cref="DeploymentView"/> as UTF-8 JSON.</summary>
[GenerateSerializer]
[Immutable]
public struct DeploymentViewSurrogate
{
    /// <summary>The JSON.</summary>
    [Id(0)]
    public byte[] Json { get; set; }
}
