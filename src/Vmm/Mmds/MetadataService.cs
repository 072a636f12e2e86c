using System.Buffers.Text;
using System.Text;
using MicroVm.Vmm.Control;

namespace MicroVm.Vmm.Mmds;

/// <summary>
/// The metadata of one VM: what the host puts, and what the guest gets for its requests. Statuses and texts are Firecracker's.
/// On the loop thread.
/// </summary>
/// <param name="limitBytes">Most bytes of metadata.</param>
/// <param name="clock">What tokens expire by; the host's monotonic clock when null.</param>
internal sealed class MetadataService(int limitBytes, TimeProvider? clock = null)
{
    private readonly SessionTokens _tokens = new(clock ?? TimeProvider.System);

    /// <summary>What the host has put.</summary>
    internal MetadataStore Store { get; } = new(limitBytes);

    /// <summary>How the guest may read it.</summary>
    internal MmdsConfig Config { get; set; } = new([]);

    /// <summary>Counters.</summary>
    internal MmdsMetrics Metrics { get; } = new();

    /// <summary>Answers one request, which ends with its empty line; keeps nothing of it.</summary>
    internal MetadataAnswer Answer(ReadOnlySpan<byte> bytes)
    {
        if (MetadataRequest.Parse(bytes, out MetadataRequest request) is { } fault)
        {
            // Where the next request begins is not known after one that was not understood.
            request.Closes = true;
            return MetadataAnswer.Text(request, fault.Status, fault.Text);
        }

        if (request.Path.IsEmpty)
        {
            return MetadataAnswer.Text(request, 400, "Invalid URI.");
        }

        return request.Method[0] == 'G' ? Get(request)
            : request.Method.SequenceEqual("PUT"u8) ? Put(request)
            : MetadataAnswer.Text(request, 405, "Not allowed HTTP method.", "Allow: GET, PUT\r\n");
    }

    private MetadataAnswer Get(in MetadataRequest request)
    {
        bool isValid = request.HasToken && _tokens.IsValid(request.Token);
        Metrics.RxNoToken += request.HasToken ? 0 : 1;
        Metrics.RxInvalidToken += request.HasToken && !isValid ? 1 : 0;
        if (!isValid && Config.Version == MmdsVersion.V2)
        {
            return MetadataAnswer.Text(request, 401, request.HasToken
                ? "MMDS token not valid."
                : "No MMDS token provided. Use `X-metadata-token` or `X-aws-ec2-metadata-token` header to specify the session token.");
        }

        if (!Store.TryFind(WithoutDoubleSlashes(request.Path), out ReadOnlyMemory<byte> value))
        {
            return NotFound(request);
        }

        if (request.AcceptsJson && !Config.ImdsCompat)
        {
            return MetadataAnswer.Make(request, 200, value, isJson: true, isCopy: false);
        }

        return ImdsText.TryFormat(value, out ReadOnlyMemory<byte> text, out bool isCopy)
            ? MetadataAnswer.Make(request, 200, text, request.AcceptsJson, isCopy)
            : MetadataAnswer.Text(request, 501, "Cannot retrieve value. The value has an unsupported type.");
    }

    private MetadataAnswer Put(in MetadataRequest request)
    {
        if (!request.ForwardedName.IsEmpty)
        {
            string name = Encoding.UTF8.GetString(request.ForwardedName);
            return MetadataAnswer.Text(request, 400, $"Invalid header. Reason: Unsupported header name. Key: {name}");
        }

        if (!WithoutDoubleSlashes(request.Path).SequenceEqual("/latest/api/token"u8))
        {
            return NotFound(request);
        }

        if (request.TtlName.IsEmpty)
        {
            return MetadataAnswer.Text(
                request,
                400,
                "Token time to live value not found. Use `X-metadata-token-ttl-seconds` or `X-aws-ec2-metadata-token-ttl-seconds` header to specify the token's lifetime.");
        }

        string ttlName = Encoding.UTF8.GetString(request.TtlName);
        if (!Utf8Parser.TryParse(request.Ttl, out uint ttl, out int consumed) || consumed != request.Ttl.Length)
        {
            string value = Encoding.UTF8.GetString(request.Ttl);
            return MetadataAnswer.Text(request, 400, $"Invalid header. Reason: Invalid value. Key:{ttlName}; Value:{value}");
        }

        return ttl is >= SessionTokens.MinTtlSeconds and <= SessionTokens.MaxTtlSeconds
            ? MetadataAnswer.Make(request, 200, _tokens.Make((int)ttl), header: $"{ttlName}: {ttl}\r\n")
            : MetadataAnswer.Text(
                request,
                400,
                $"Invalid time to live value provided for token: {ttl}. Please provide a value between {SessionTokens.MinTtlSeconds} and {SessionTokens.MaxTtlSeconds}.");
    }

    private static MetadataAnswer NotFound(in MetadataRequest request) =>
        MetadataAnswer.Text(request, 404, $"Resource not found: {Encoding.UTF8.GetString(request.Path)}.");

    private static byte[] WithoutDoubleSlashes(ReadOnlySpan<byte> path)
    {
        byte[] result = new byte[path.Length];
        int length = 0;
        for (int i = 0; i < path.Length; i++)
        {
            if (i == 0 || path[i] != '/' || path[i - 1] != '/')
            {
                result[length++] = path[i];
            }
        }

        return result.AsSpan(0, length).ToArray();
    }
}
