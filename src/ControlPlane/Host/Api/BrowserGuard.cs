using System.Net;

namespace MicroVm.ControlPlane.Host.Api;

/// <summary>
/// While there is no identity, loopback is the only protection, and a browser on the same machine reaches loopback for any
/// page that it shows. So what a browser sends is taken only from a page that came from loopback itself. Programs send
/// neither header and pass.
/// </summary>
internal static class BrowserGuard
{
    internal static Task RunAsync(HttpContext context, RequestDelegate next)
    {
        string? origin = context.Request.Headers.Origin;
        bool fromBrowser = origin is not null || context.Request.Headers.ContainsKey("Sec-Fetch-Site");
        bool foreign = fromBrowser
            && (!IsLoopback(context.Request.Host.Host)
                || (origin is not null && !(Uri.TryCreate(origin, UriKind.Absolute, out Uri? uri) && IsLoopback(uri.Host))));
        return foreign
            ? Problems.WriteAsync(context, StatusCodes.Status403Forbidden, "Origin: expected a page from loopback")
            : next(context);
    }

    private static bool IsLoopback(string host) =>
        host == "localhost" || (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address));
}
