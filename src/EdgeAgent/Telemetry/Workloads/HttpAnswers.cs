using System.Globalization;
using System.Text;
using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.EdgeAgent.Telemetry.Workloads;

/// <summary>What a request to the device is answered. Pure.</summary>
internal static class HttpAnswers
{
    /// <summary>Where metrics are posted.</summary>
    internal const string TelemetryPath = "/v1/telemetry";

    /// <summary>Says to go on with the body.</summary>
    internal static ReadOnlyMemory<byte> Continue { get; } = "HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray();

    /// <summary>What is wrong with a request before its body is read; null when the body is wanted.</summary>
    internal static MetricAnswer? Judge(HttpHead? head) => head switch
    {
        null => new MetricAnswer(400, "expected an HTTP/1.1 request, found something else"),
        { Path: not TelemetryPath } => new MetricAnswer(404, $"expected {TelemetryPath}, found another path"),
        { Method: not "POST" } => new MetricAnswer(405, "expected POST, found another method"),
        { IsChunked: true } or { ContentLength: null } => new MetricAnswer(411, "expected a Content-Length, found none"),
        { ContentLength: > MetricLimits.MessageBytes } => new MetricAnswer(
            413, $"expected at most {MetricLimits.MessageBytes} bytes, found {head.ContentLength}"),
        _ => null,
    };

    /// <summary>An answer's bytes. The connection ends with it.</summary>
    internal static byte[] Write(MetricAnswer answer)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {answer.Status} {Phrase(answer.Status)}\r\nConnection: close\r\n");
        text.Append(answer.Status switch
        {
            405 => "Allow: POST\r\n",
            429 => $"Retry-After: {MetricLimits.WindowSeconds}\r\n",
            _ => "",
        });
        if (answer.Reason.Length == 0)
        {
            return Encoding.ASCII.GetBytes(text.Append("\r\n").ToString());
        }

        string body = answer.Reason + "\n";
        text.Append(CultureInfo.InvariantCulture, $"Content-Type: text/plain; charset=utf-8\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static string Phrase(int status) => status switch
    {
        204 => "No Content",
        400 => "Bad Request",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        411 => "Length Required",
        413 => "Content Too Large",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        _ => "Service Unavailable",
    };
}
