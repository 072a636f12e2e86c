using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.ControlPlane.Abstractions.Rollouts;
using MicroVm.Shared.Contracts.Api;
using Microsoft.AspNetCore.Mvc;

namespace MicroVm.ControlPlane.Host.Api.Deployments;

/// <summary><see cref="ApiPaths.Rollout"/>: what an operator does to a rollout.</summary>
internal static class RolloutEndpoints
{
    internal static void MapRollouts(this IEndpointRouteBuilder routes)
    {
        foreach (RolloutVerb verb in Enum.GetValues<RolloutVerb>())
        {
            string name = verb.ToString().ToLowerInvariant();
            routes.MapPost(
                    ApiPaths.Rollout("{name}", name),
                    (string name, HttpResponse response, [FromServices] IDeploymentDirectory directory, [FromServices] IGrainFactory grains) =>
                        CommandAsync(verb, name, response, directory, grains))
                .WithSummary($"Does '{name}' to the deployment's rollout.")
                .Produces<DeploymentView>()
                .Produces<ProblemView>(StatusCodes.Status409Conflict, "application/problem+json");
        }
    }

    private static async Task<IResult> CommandAsync(
        RolloutVerb verb, string name, HttpResponse response, IDeploymentDirectory directory, IGrainFactory grains)
    {
        VerbOutcome outcome = directory.Contains(name)
            ? await grains.GetGrain<IDeploymentGrain>(name).CommandAsync(verb)
            : new VerbOutcome(false, "");
        return !outcome.Found ? Problems.NotFound("deployment", name)
            : outcome.Refusal.Length > 0 ? Problems.Of(StatusCodes.Status409Conflict, outcome.Refusal)
            : await DeploymentEndpoints.GetAsync(name, response, directory, grains);
    }
}
