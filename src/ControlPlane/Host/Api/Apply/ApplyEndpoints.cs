using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.ControlPlane.Host.Manifests;
using MicroVm.Shared.Contracts.Api;
using Microsoft.AspNetCore.Mvc;

namespace MicroVm.ControlPlane.Host.Api.Apply;

/// <summary><see cref="ApiPaths.Apply"/>.</summary>
internal static class ApplyEndpoints
{
    internal static void MapApply(this IEndpointRouteBuilder routes) => routes
        .MapPost(ApiPaths.Apply, ApplyAsync)
        .WithSummary("Applies a manifest of one or several documents, YAML or JSON: all of them or none.")
        .Accepts<string>("application/yaml", "application/json", "*/*")
        .Produces<ListView<ApplyResult>>()
        .Produces<ProblemView>(StatusCodes.Status400BadRequest, "application/problem+json")
        .Produces<ProblemView>(StatusCodes.Status422UnprocessableEntity, "application/problem+json");

    private static async Task<IResult> ApplyAsync(
        HttpRequest request, [FromServices] ManifestResolver resolver, [FromServices] IGrainFactory grains, bool dryRun = false)
    {
        (IReadOnlyList<ResolvedManifest>? manifests, IResult? problem) = await ReadAsync(request, resolver);
        if (manifests is null)
        {
            return problem!;
        }

        List<ApplyResult> results = [];
        foreach (ResolvedManifest manifest in manifests)
        {
            IDeploymentGrain grain = grains.GetGrain<IDeploymentGrain>(manifest.Manifest.Name.Value);
            results.Add(dryRun ? await PreviewAsync(grain, manifest) : Result(manifest, await grain.ApplyAsync(manifest.Spec, null)));
        }

        return Results.Json(new ListView<ApplyResult>(results), ApiJsonContext.Default.ListViewApplyResult);
    }

    /// <summary>Reads and checks a body of manifests.</summary>
    internal static async Task<(IReadOnlyList<ResolvedManifest>? Manifests, IResult? Problem)> ReadAsync(HttpRequest request, ManifestResolver resolver)
    {
        string text = await BodyText.ReadAsync(request);
        try
        {
            IReadOnlyList<DeploymentManifest> parsed = ManifestParser.Parse(text, BodyText.IsJson(request), out IReadOnlyList<FieldError> wrong);
            if (wrong.Count > 0)
            {
                return (null, Problems.Fields(wrong));
            }

            List<FieldError> errors = [];
            IReadOnlyList<ResolvedManifest>? resolved = await resolver.ResolveAsync(parsed, errors, request.HttpContext.RequestAborted);
            return (resolved, resolved is null ? Problems.Fields(errors) : null);
        }
        catch (ManifestSyntaxException e)
        {
            return (null, Problems.Of(StatusCodes.Status400BadRequest, e.Message));
        }
    }

    internal static ApplyResult Result(ResolvedManifest manifest, ApplyOutcome outcome) => new(
        "Deployment", manifest.Manifest.Name.Value, outcome.Revision, NameOf(outcome.Action), outcome.Devices);

    private static async Task<ApplyResult> PreviewAsync(IDeploymentGrain grain, ResolvedManifest manifest)
    {
        ApplyOutcome outcome = await grain.PreviewAsync(manifest.Spec);
        return Result(manifest, outcome) with
        {
            Changes = SpecChanges.Between(outcome.SpecBefore, manifest.Spec.SpecJson),
            Plan = [.. outcome.Plan.Select(device => new PlannedDeviceView(device.Device, device.Wave, device.Change, device.Online))],
        };
    }

    private static string NameOf(ApplyAction action) => action switch
    {
        ApplyAction.Created => "created",
        ApplyAction.Updated => "updated",
        _ => "unchanged",
    };
}
