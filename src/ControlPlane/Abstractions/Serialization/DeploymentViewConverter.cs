using System.Text.Json;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Abstractions.Serialization;

/// <summary>Carries a <see cref="DeploymentView"/> between processes as the API's JSON.</summary>
[RegisterConverter]
public sealed class DeploymentViewConverter : IConverter<DeploymentView, DeploymentViewSurrogate>
{
    /// <inheritdoc/>
    public DeploymentView ConvertFromSurrogate(in DeploymentViewSurrogate surrogate) =>
        JsonSerializer.Deserialize(surrogate.Json, ApiJsonContext.Default.DeploymentView)
        ?? throw new InvalidOperationException("DeploymentView: expected an object, found null");

    /// <inheritdoc/>
    public DeploymentViewSurrogate ConvertToSurrogate(in DeploymentView value) =>
        new() { Json = JsonSerializer.SerializeToUtf8Bytes(value, ApiJsonContext.Default.DeploymentView) };
}
