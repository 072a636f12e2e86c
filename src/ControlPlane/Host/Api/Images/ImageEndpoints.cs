using MicroVm.ControlPlane.Host.Auth;
using MicroVm.ControlPlane.Host.Images;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Identity;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;

namespace MicroVm.ControlPlane.Host.Api.Images;

/// <summary>Images and their root file systems.</summary>
internal static class ImageEndpoints
{
    private static readonly string[] s_readMethods = ["GET", "HEAD"];

    internal static void MapImages(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(ApiPaths.Images, ListAsync).WithSummary("All images.").Produces<ListView<ImageView>>();
        routes.MapPost(ApiPaths.Images, ImportAsync)
            .WithSummary("Imports a tar of an OCI image layout under a name.")
            .WithMetadata(new RequestSizeLimitAttribute(ApiLimits.ImageBytes))
            .Accepts<Stream>("application/x-tar", "application/octet-stream")
            .Produces<ImageView>(StatusCodes.Status201Created);
        routes.MapGet(ApiPaths.Image("{digest}"), GetAsync).WithSummary("One image by its digest, or by that of one of its manifests or squashfs files.").Produces<ImageView>();
        routes.MapMethods(ApiPaths.ImageRootFs("{digest}"), s_readMethods, GetRootFsAsync)
            .RequireAuthorization(AuthSchemes.ViewerOrDevice)
            .WithSummary("The squashfs; ranges are served.")
            .Produces(StatusCodes.Status200OK, contentType: "application/vnd.squashfs");
    }

    private static async Task<IResult> ListAsync([FromServices] IImageStore images, CancellationToken cancellationToken) =>
        Results.Json(new ListView<ImageView>(await images.ListAsync(cancellationToken)), ApiJsonContext.Default.ListViewImageView);

    private static async Task<IResult> ImportAsync(
        HttpRequest request, [FromServices] IImageStore images, [FromQuery] string? name, CancellationToken cancellationToken)
    {
        if (!ImageName.TryParse(name, out ImageName? parsed))
        {
            return Problems.Fields([new FieldError("name", ImageName.Expected, name is null ? "nothing" : $"'{name}'")]);
        }

        try
        {
            ImageView view = await images.ImportAsync(request.Body, parsed.ToString(), cancellationToken);
            return Results.Json(view, ApiJsonContext.Default.ImageView, statusCode: StatusCodes.Status201Created);
        }
        catch (ImageImportException e)
        {
            return Problems.Of(StatusOf(e.Fault), e.Message);
        }
    }

    private static async Task<IResult> GetAsync(string digest, [FromServices] IImageStore images, CancellationToken cancellationToken) =>
        Digest.TryParse(digest, out Digest parsed) && await images.FindByDigestAsync(parsed, cancellationToken) is ImageView view
            ? Results.Json(view, ApiJsonContext.Default.ImageView)
            : Problems.NotFound("image", digest);

    private static async Task<IResult> GetRootFsAsync(string digest, [FromServices] IImageStore images, CancellationToken cancellationToken) =>
        Digest.TryParse(digest, out Digest parsed) && await images.FindRootFsAsync(parsed, cancellationToken) is string path
            ? Results.File(
                path,
                "application/vnd.squashfs",
                entityTag: new EntityTagHeaderValue($"\"{parsed.Hex}\""),
                enableRangeProcessing: true)
            : Problems.NotFound("image", digest);

    private static int StatusOf(ImageFault fault) => fault switch
    {
        ImageFault.TooLarge => StatusCodes.Status413PayloadTooLarge,
        ImageFault.Server => StatusCodes.Status500InternalServerError,
        _ => StatusCodes.Status422UnprocessableEntity,
    };
}
