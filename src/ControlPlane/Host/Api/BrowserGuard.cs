namespace MicroVm.ControlPlane.Host.Api;

/// <summary>
/// What a browser sends is taken only from a page of this server itself: a page from elsewhere has no business here, whatever it
/// brings along. Programs send neither header and pass.
/// </summary>
internal static class BrowserGuard
{
    internal static Task RunAsync(HttpContext context, RequestDelegate next)
    {
        string? origin = context.Request.Headers.Origin;
        string? site = context.Request.Headers["Sec-Fetch-Site"];
        bool foreign = (site is not null and not "same-origin" and not "none")
            || (origin is not null && origin != $"{context.Request.Scheme}://{context.Request.Host}");
        return foreign
            ? Problems.WriteAsync(context, StatusCodes.Status403Forbidden, "Origin: expected a page of this server")
            : next(context);
    }
}
