using System.Collections.Immutable;
using MicroVm.ControlPlane.Abstractions.Agents;
using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.ControlPlane.Abstractions.Devices;
using MicroVm.ControlPlane.Host.Agents;
using MicroVm.ControlPlane.Host.Api.Devices;
using MicroVm.ControlPlane.Host.Storage.Directories;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Identity;
using Microsoft.AspNetCore.Mvc;

namespace MicroVm.ControlPlane.Host.Api.Agents;

/// <summary>Which agent devices run, and having them run another.</summary>
internal static class AgentUpdateEndpoints
{
    private const int ShownFailures = 5;

    internal static void MapAgentUpdates(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(ApiPaths.AgentUpdates, ListAsync)
            .WithSummary("Which agent devices run and should run: all devices, or those of a selector.").Produces<ListView<AgentUpdateView>>();
        routes.MapPost(ApiPaths.AgentUpdates, UpdateAsync)
            .WithSummary("Has devices, or a share of them, run a release. Refused while it has failed on one of them.")
            .Produces<ListView<AgentUpdateView>>()
            .Produces<ProblemView>(StatusCodes.Status409Conflict, "application/problem+json");
    }

    private static async Task<IResult> ListAsync(
        [FromServices] SqliteDeviceDirectory directory, [FromServices] IGrainFactory grains, [FromQuery] string? selector)
    {
        (IReadOnlyList<string> devices, IResult? problem) = await FindAsync(directory, selector ?? "", [], isAllMeant: true);
        return problem ?? Show(await AskAsync(devices, id => grains.GetGrain<IDeviceGrain>(id).GetAgentAsync()));
    }

    private static async Task<IResult> UpdateAsync(
        [FromServices] SqliteDeviceDirectory directory,
        [FromServices] AgentReleaseStore releases,
        [FromServices] IGrainFactory grains,
        [FromBody] AgentUpdateAsk ask,
        CancellationToken cancellation)
    {
        if (ask.Percent is < 1 or > 100)
        {
            return Problems.Fields([new FieldError("percent", "1 to 100", $"{ask.Percent}")]);
        }

        (IReadOnlyList<string> devices, IResult? problem) = await FindAsync(directory, ask.Selector ?? "", ask.Devices ?? [], isAllMeant: false);
        if (problem is not null)
        {
            return problem;
        }

        AgentOrder? order = null;
        if (!string.IsNullOrEmpty(ask.Version))
        {
            order = ReleaseVersion.TryParse(ask.Version, out ReleaseVersion version) ? await releases.OrderAsync(version, ask.AllowDowngrade, cancellation) : null;
            if (order is null)
            {
                return Problems.NotFound("agent release", ask.Version);
            }

            if (!ask.DespiteFailures && await FailuresAsync(devices, order, grains) is string failures)
            {
                return Problems.Of(StatusCodes.Status409Conflict, failures);
            }
        }

        IReadOnlyList<string> share = order is null ? devices : ShareDecisions.Share(devices, order.Version, ask.Percent);
        return Show(await AskAsync(share, id => grains.GetGrain<IDeviceGrain>(id).SetAgentAsync(order)));
    }

    /// <summary>The devices that are named, or selected.</summary>
    private static async Task<(IReadOnlyList<string> Devices, IResult? Problem)> FindAsync(
        SqliteDeviceDirectory directory, string selector, IReadOnlyList<string> named, bool isAllMeant)
    {
        if (named.Count > 0 && selector.Length > 0)
        {
            return ([], Problems.Fields([new FieldError("selector", "none beside names of devices", $"'{selector}'")]));
        }

        if (named.Count > 0)
        {
            foreach (string id in named)
            {
                if (!await DeviceEndpoints.IsKnownAsync(id, directory))
                {
                    return ([], Problems.NotFound("device", id));
                }
            }

            return ([.. named.Distinct()], null);
        }

        if (selector.Length == 0)
        {
            return isAllMeant
                ? (await directory.ListAsync(), null)
                : ([], Problems.Fields([new FieldError("selector", "a selector, or names of devices", "neither")]));
        }

        if (!SelectorText.TryParse(selector, out ImmutableArray<LabelRequirement> requirements, out string found))
        {
            return ([], Problems.Fields([new FieldError("selector", SelectorText.Rule, found)]));
        }

        LabelSelector labels = new(ImmutableSortedDictionary<string, string>.Empty) { Requirements = requirements };
        IReadOnlyList<string> devices = await directory.FindAsync(labels);
        return devices.Count > 0 || isAllMeant ? (devices, null) : ([], Problems.Fields([new FieldError("selector", "one that a device matches", $"'{selector}'")]));
    }

    /// <summary>Where the release has failed; null when nowhere.</summary>
    private static async Task<string?> FailuresAsync(IReadOnlyList<string> devices, AgentOrder order, IGrainFactory grains)
    {
        AgentStanding[] failed =
        [
            .. (await AskAsync(devices, id => grains.GetGrain<IDeviceGrain>(id).GetAgentAsync()))
                .Where(standing => standing.DesiredVersion == order.Version && standing.Phase == nameof(AgentPhase.Failed)),
        ];
        return failed.Length == 0
            ? null
            : $"agent {order.Version}: expected no device on which it failed, found {failed.Length}: "
                + string.Join("; ", failed.Take(ShownFailures).Select(static standing => $"{standing.Device}: {standing.Message}"));
    }

    private static async Task<IReadOnlyList<AgentStanding>> AskAsync(IReadOnlyList<string> devices, Func<string, Task<AgentStanding>> ask)
    {
        List<AgentStanding> standings = [];
        foreach (string[] some in devices.Chunk(ApiLimits.Parallelism))
        {
            standings.AddRange(await Task.WhenAll(some.Select(ask)));
        }

        return standings;
    }

    private static IResult Show(IReadOnlyList<AgentStanding> standings) => Results.Json(
        new ListView<AgentUpdateView>(
        [
            .. standings.Take(ApiLimits.Items).Select(static one => new AgentUpdateView(
                one.Device, one.IsOnline, one.Architecture, one.RunningVersion, one.DesiredVersion, one.Phase, one.Message)),
        ]),
        ApiJsonContext.Default.ListViewAgentUpdateView);
}
