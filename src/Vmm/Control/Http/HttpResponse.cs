using System.Text;

namespace MicroVm.Vmm.Control.Http;

/// <summary>An answer: 204 without a body, or another status with JSON.</summary>
/// <param name="Status">Status code.</param>
/// <param name="Body">JSON; empty only with 204.</param>
/// <param name="IsDeprecated">The client is told that what it used will go away.</param>
internal readonly record struct HttpResponse(int Status, ReadOnlyMemory<byte> Body, bool IsDeprecated = false)
{
    /// <summary>204.</summary>
    internal static HttpResponse NoContent => new(204, default);

    /// <summary>The response as bytes.</summary>
    internal byte[] ToBytes(bool closes)
    {
        string reason = Status switch
        {
            200 => "OK",
            204 => "No Content",
            413 => "Payload Too Large",
            _ => "Bad Request",
        };
        string head = $"HTTP/1.1 {Status} {reason}\r\nServer: MicroVm API\r\nConnection: {(closes ? "close" : "keep-alive")}\r\n"
            + (IsDeprecated ? "Deprecation: true\r\n" : "")
            + (Body.IsEmpty ? "\r\n" : $"Content-Type: application/json\r\nContent-Length: {Body.Length}\r\n\r\n");
        byte[] bytes = new byte[head.Length + Body.Length];
        Encoding.ASCII.GetBytes(head, bytes);
        Body.Span.CopyTo(bytes.AsSpan(head.Length));
        return bytes;
    }
}
