using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.ControlPlane.Abstractions.Devices;
using MicroVm.ControlPlane.Abstractions.Identity;
using MicroVm.ControlPlane.Host.Agents;
using MicroVm.ControlPlane.Host.Api.Identities;
using MicroVm.ControlPlane.Host.Identity;
using MicroVm.ControlPlane.Host.Storage.Directories;
using MicroVm.ControlPlane.Host.Storage.Identity;
using MicroVm.ControlPlane.Host.Storage.Secrets;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Host.Api.Audit;

/// <summary>What a request is about, as the digest of what the control plane holds of it.</summary>
internal sealed class AuditSubject(
    IGrainFactory grains,
    IDeploymentDirectory deployments,
    IDeviceIdentities identities,
    EnrolmentTokenTable enrolmentTokens,
    ApiTokenTable apiTokens,
    SecretTable secrets,
    SqliteDeviceDirectory devices,
    AgentReleaseStore agentReleases,
    Fleet fleet)
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { TypeInfoResolver = new DefaultJsonTypeInfoResolver() };

    /// <summary>Digest of the object at a path; null when there is none.</summary>
    internal async Task<string?> DigestAsync(PathString path)
    {
        object? state = await StateAsync(path.Value!);
        return state is null ? null : Digest.Of(JsonSerializer.SerializeToUtf8Bytes(state, s_json)).Value;
    }

    private async Task<object?> StateAsync(string path) => path[ApiPaths.Root.Length..].Split('/', StringSplitOptions.RemoveEmptyEntries) switch
    {
        ["apply", ..] => await AllDeploymentsAsync(),
        ["deployments", var name, ..] => deployments.Contains(name) ? await DeploymentAsync(name) : null,
        ["devices", var id, "settings"] => identities.Find(id) is null ? null : (await grains.GetGrain<IDeviceGrain>(id).GetSettingsAsync())?.TelemetryIntervalSeconds,
        ["devices", var id, ..] => identities.Find(id) is null ? null : (await grains.GetGrain<IDeviceGrain>(id).GetLabelsAsync())?.Labels,
        ["identities", var id, ..] => identities.Find(id) is DeviceIdentity identity ? IdentityEndpoints.Of(identity) : null,
        ["enrolment-tokens", ..] => await enrolmentTokens.ListAsync(),
        ["agent-releases", ..] => (await agentReleases.ListAsync(CancellationToken.None)).Select(static release => release.Manifest.Digest.Value),
        ["agent-updates", ..] => await AgentsAsync(),
        ["secrets", ..] => secrets.List(),
        ["tokens", ..] => apiTokens.List(),
        ["fleet", ..] => fleet.Ring,
        _ => null,
    };

    private async Task<object> AllDeploymentsAsync() =>
        await Task.WhenAll(deployments.List().Select(entry => DeploymentAsync(entry.Name)));

    /// <summary>Which agent each device is to run, without how far it is.</summary>
    private async Task<object> AgentsAsync()
    {
        List<string> agents = [];
        foreach (string[] some in (await devices.ListAsync()).Chunk(ApiLimits.Parallelism))
        {
            agents.AddRange((await Task.WhenAll(some.Select(id => grains.GetGrain<IDeviceGrain>(id).GetAgentAsync())))
                .Select(static standing => $"{standing.Device} {standing.DesiredVersion}"));
        }

        return agents;
    }

    /// <summary>What was asked for, without its status: that changes by itself.</summary>
    private async Task<object?> DeploymentAsync(string name) =>
        await grains.GetGrain<IDeploymentGrain>(name).GetAsync() is DeploymentSnapshot found ? new { found.View.Name, found.View.Revision, found.ETag } : null;
}
