using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.ControlPlane.Host.Api.Apply;
using MicroVm.Shared.Contracts.Api;
using Microsoft.AspNetCore.Mvc;

namespace MicroVm.ControlPlane.Host.Api.Deployments;

/// <summary>Deployments.</summary>
internal static class DeploymentEndpoints
{
    internal static void MapDeployments(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(ApiPaths.Deployments, ListAsync).WithSummary("All deployments.").Produces<ListView<DeploymentView>>();
        routes.MapGet(ApiPaths.Deployment("{name}"), GetAsync).WithSummary("One deployment.").Produces<DeploymentView>();
        routes.MapPut(ApiPaths.Deployment("{name}"), PutAsync)
            .WithSummary("Replaces a deployment by a manifest of one document; If-Match is required.")
            .Accepts<string>("application/yaml", "application/json", "*/*")
            .Produces<DeploymentView>();
        routes.MapDelete(ApiPaths.Deployment("{name}"), DeleteAsync)
            .WithSummary("Deletes a deployment and takes its VM from every device.")
            .Produces(StatusCodes.Status204NoContent);
    }

    private static async Task<IResult> ListAsync([FromServices] IDeploymentDirectory directory, [FromServices] IGrainFactory grains)
    {
        List<DeploymentView> views = [];
        foreach (DeploymentEntry[] some in directory.List().Take(ApiLimits.Items).Chunk(ApiLimits.Parallelism))
        {
            DeploymentSnapshot?[] found = await Task.WhenAll(some.Select(entry => grains.GetGrain<IDeploymentGrain>(entry.Name).GetAsync()));
            views.AddRange(found.OfType<DeploymentSnapshot>().Select(snapshot => snapshot.View));
        }

        return Results.Json(new ListView<DeploymentView>(views), ApiJsonContext.Default.ListViewDeploymentView);
    }

    internal static async Task<IResult> GetAsync(
        string name, HttpResponse response, [FromServices] IDeploymentDirectory directory, [FromServices] IGrainFactory grains) =>
        await FindAsync(name, directory, grains) is DeploymentSnapshot snapshot ? Show(response, snapshot) : Problems.NotFound("deployment", name);

    /// <summary>
    /// The deployment; null when there is none. The directory is asked first: a grain for each name that somebody tries would
    /// be a way to fill the memory.
    /// </summary>
    internal static Task<DeploymentSnapshot?> FindAsync(string name, IDeploymentDirectory directory, IGrainFactory grains) =>
        directory.Contains(name) ? grains.GetGrain<IDeploymentGrain>(name).GetAsync() : Task.FromResult<DeploymentSnapshot?>(null);

    private static async Task<IResult> PutAsync(
        string name,
        HttpRequest request,
        HttpResponse response,
        [FromServices] ManifestResolver resolver,
        [FromServices] IDeploymentDirectory directory,
        [FromServices] IGrainFactory grains)
    {
        if (await FindAsync(name, directory, grains) is not DeploymentSnapshot current)
        {
            return Problems.NotFound("deployment", name);
        }

        if (!ETags.HasIfMatch(request))
        {
            return Problems.MatchRequired("deployment");
        }

        (IReadOnlyList<ResolvedManifest>? manifests, IResult? problem) = await ApplyEndpoints.ReadAsync(request, resolver);
        if (manifests is null)
        {
            return problem!;
        }

        if (manifests is not [ResolvedManifest manifest] || manifest.Manifest.Name.Value != name)
        {
            return Problems.Fields([new FieldError("metadata.name", $"one document with the name '{name}'", string.Join(", ", manifests.Select(m => m.Manifest.Name)))]);
        }

        ApplyOutcome outcome = await grains.GetGrain<IDeploymentGrain>(name).ApplyAsync(manifest.Spec, ETags.IfMatch(request) ?? current.ETag);
        return outcome.Action == ApplyAction.Stale ? Problems.Stale("deployment") : await GetAsync(name, response, directory, grains);
    }

    private static async Task<IResult> DeleteAsync(
        string name, HttpRequest request, [FromServices] IDeploymentDirectory directory, [FromServices] IGrainFactory grains)
    {
        ApplyAction action = directory.Contains(name)
            ? (await grains.GetGrain<IDeploymentGrain>(name).DeleteAsync(ETags.IfMatch(request))).Action
            : ApplyAction.NotFound;
        return action switch
        {
            ApplyAction.NotFound => Problems.NotFound("deployment", name),
            ApplyAction.Stale => Problems.Stale("deployment"),
            _ => Results.NoContent(),
        };
    }

    private static IResult Show(HttpResponse response, DeploymentSnapshot snapshot)
    {
        ETags.Set(response, snapshot.ETag);
        return Results.Json(snapshot.View, ApiJsonContext.Default.DeploymentView);
    }
}
