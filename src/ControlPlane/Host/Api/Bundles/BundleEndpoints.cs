using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.ControlPlane.Abstractions.Devices;
using MicroVm.ControlPlane.Abstractions.Identity;
using MicroVm.ControlPlane.Host.Agents;
using MicroVm.ControlPlane.Host.Api.Devices;
using MicroVm.ControlPlane.Host.Auth;
using MicroVm.ControlPlane.Host.Storage.Directories;
using MicroVm.Shared.Codecs.Cose;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Commands;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Releases;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Identity;
using Microsoft.AspNetCore.Mvc;

namespace MicroVm.ControlPlane.Host.Api.Bundles;

/// <summary>
/// What a bundle has for a device (<see cref="Shared.Contracts.Bundles"/>). What a device should run leaves
/// the control plane in somebody's hands, so only operators may have it and the audit log notes each time.
/// </summary>
internal static class BundleEndpoints
{
    internal static void MapBundles(this IEndpointRouteBuilder routes) => routes
        .MapPost(ApiPaths.Bundle("{id}"), MakeAsync)
        .RequireAuthorization(AuthSchemes.Operator)
        .WithSummary("What a bundle has for the device: its desired state, signed, which images it needs, and the agent release when it does not run it.")
        .Produces<BundlePartView>()
        .Produces<ProblemView>(StatusCodes.Status409Conflict, "application/problem+json");

    private static async Task<IResult> MakeAsync(
        string id,
        [FromServices] SqliteDeviceDirectory directory,
        [FromServices] IGrainFactory grains,
        [FromServices] IDeploymentDirectory deployments,
        [FromServices] IDeviceIdentities identities,
        [FromServices] AgentReleaseStore releases,
        [FromServices] IFleetSigner signer,
        CancellationToken cancellation)
    {
        if (!await DeviceEndpoints.IsKnownAsync(id, directory))
        {
            return Problems.NotFound("device", id);
        }

        if (identities.Find(id) is not { State: IdentityState.Active } identity)
        {
            return Problems.Of(StatusCodes.Status409Conflict, $"device '{id}': expected one that is enrolled and may connect, found one that may not");
        }

        await TellAbsentAsync(id, grains, deployments);
        if (await grains.GetGrain<IDeviceGrain>(id).GetSignedAsync() is not SignedDesired desired)
        {
            return Problems.Of(StatusCodes.Status409Conflict, $"device '{id}': expected a desired state, found none: nothing was ever applied to it");
        }

        DesiredState state = DesiredState.Decode(desired.Document);
        AgentManifest? agent = await NeedsAgentAsync(id, state, grains) ? (await releases.FindAsync(state.Agent!.Digest, cancellation))?.Manifest : null;
        return Results.Json(
            new BundlePartView(id, state.Generation, Digest.Of(desired.Document).Value, desired.Message, Trust(identity, signer), ImagesOf(state))
            {
                Agent = agent is null ? null : Of(agent, identity, signer),
            },
            ApiJsonContext.Default.BundlePartView);
    }

    /// <summary>Rollouts choose connected devices only; one that never is gets its turn here, where somebody goes to it.</summary>
    private static async Task TellAbsentAsync(string id, IGrainFactory grains, IDeploymentDirectory deployments)
    {
        if (await grains.GetGrain<IDeviceGrain>(id).GetViewAsync() is { Online: false } view)
        {
            foreach (DeploymentEntry entry in deployments.List().Where(entry => entry.IsFor(view.Labels)))
            {
                await grains.GetGrain<IDeploymentGrain>(entry.Name).TellAbsentAsync(id);
            }
        }
    }

    /// <summary>What the device said last decides; one that has gone back since fetches its agent when there is a network.</summary>
    private static async Task<bool> NeedsAgentAsync(string id, DesiredState state, IGrainFactory grains) =>
        state.Agent is not null && (await grains.GetGrain<IDeviceGrain>(id).GetAgentAsync()).Phase != nameof(AgentPhase.Current);

    private static BundleAgentView Of(AgentManifest agent, DeviceIdentity identity, IFleetSigner signer) => new(
        agent.Version.Value,
        agent.Architecture,
        agent.Digest.Value,
        agent.SizeBytes,
        signer.Sign(SignedPurpose.AgentRelease, agent.Architecture, agent.Encode(), identity.TrustVersion));

    private static byte[] Trust(DeviceIdentity identity, IFleetSigner signer)
    {
        if (identity.TrustVersion >= signer.Trust.Version)
        {
            return [];
        }

        DeviceCommand command = new(Guid.NewGuid(), CommandKind.Trust, signer.Trust.Encode());
        string audience = DeviceCommand.Audience(DeviceId.Parse(identity.Device), Digest.Parse(identity.KeyDigest));
        return signer.Sign(SignedPurpose.Command, audience, command.Encode(), identity.TrustVersion);
    }

    private static BundleImageView[] ImagesOf(DesiredState state) =>
    [
        .. state.Vms.Select(static spec => spec.Image).Concat(state.Prefetch).DistinctBy(static image => image.Digest)
            .Select(static image => new BundleImageView(image.Digest.Value, image.SizeBytes, image.Name, image.Architecture)),
    ];
}
