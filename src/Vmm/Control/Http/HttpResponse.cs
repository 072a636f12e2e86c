using System.Text;

namespace MicroVm.Vmm.Control.Http;

/// <summary>An answer: 204 without a body, 200 or 400 with JSON.</summary>
internal readonly record struct HttpResponse(int Status, ReadOnlyMemory<byte> Body)
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
            _ => "Bad Request",
        };
        string connection = closes ? "close" : "keep-alive";
        string head = Body.IsEmpty
            ? $"HTTP/1.1 {Status} {reason}\r\nServer: MicroVm API\r\nConnection: {connection}\r\n\r\n"
            : $"HTTP/1.1 {Status} {reason}\r\nServer: MicroVm API\r\nConnection: {connection}\r\n"
                + $"Content-Type: application/json\r\nContent-Length: {Body.Length}\r\n\r\n";
        byte[] bytes = new byte[head.Length + Body.Length];
        Encoding.ASCII.GetBytes(head, bytes);
        Body.Span.CopyTo(bytes.AsSpan(head.Length));
        return bytes;
    }
}
