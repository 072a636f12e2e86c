using System.Text;
using System.Text.Json;
using MicroVm.Vmm.Control.Http;
using MicroVm.Vmm.Control.Requests;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Interop.Linux;
using MicroVm.Vmm.Mmds;

namespace MicroVm.Vmm.Control;

/// <summary>
/// What the endpoints of the API do. As in Firecracker a body is read whole before the state of the VM is looked at, and a request
/// that is refused leaves nothing behind.
/// </summary>
internal sealed partial class ApiHandler(InstanceInfo info, VmConfigBuilder config, IVmControl vm, MetadataService metadata, ApiMetrics metrics)
    : IHttpHandler
{
    private const string NotAfterStart = "The requested operation is not supported after starting the microVM.";
    private const string NotBeforeStart = "The requested operation is not supported before starting the microVM.";

    private bool IsStarted => info.State != InstanceState.NotStarted;

    public HttpResponse Handle(HttpRequest request)
    {
        string method = Encoding.ASCII.GetString(request.Method);
        string[] path = Split(Encoding.ASCII.GetString(request.Target));
        HttpResponse response;
        try
        {
            response = method switch
            {
                "GET" => Get(path, request.Body),
                "PUT" => Put(path, request.Body),
                "PATCH" => Patch(path, request.Body),
                _ => NoSuchEndpoint(method, path),
            };
        }
        catch (Exception fault) when (fault is VmConfigException or VmmFaultException or OsFaultException)
        {
            response = Refuse((fault as VmConfigException)?.ApiText ?? fault.Message);
        }

        metrics.Count(method, path[0], response);
        return response;
    }

    public HttpResponse Refuse(string fault) => new(400, ApiJson.Fault(fault));

    private HttpResponse Get(string[] path, ReadOnlySpan<byte> body)
    {
        if (!body.IsEmpty)
        {
            return Refuse("GET request cannot have a body.");
        }

        return path switch
        {
            [""] => new HttpResponse(200, ApiJson.Instance(info)),
            ["version", ..] => new HttpResponse(200, ApiJson.Version()),
            ["machine-config", ..] => new HttpResponse(200, ApiJson.Machine(config.Machine)),
            ["balloon", ..] => GetBalloon(path),
            ["mmds", ..] => GetMetadata(),
            ["vm", "config", ..] => new HttpResponse(200, ApiJson.Config(config)),
            _ => NoSuchEndpoint("GET", path),
        };
    }

    private HttpResponse Put(string[] path, ReadOnlySpan<byte> body)
    {
        if (body.IsEmpty)
        {
            return Refuse("Empty PUT request.");
        }

        return path[0] switch
        {
            "actions" => Act(body),
            "drives" => PutDrive(CheckedId(path), body),
            "network-interfaces" => PutNetworkInterface(CheckedId(path), body),
            "mmds" => PutMetadata(path, body),
            "snapshot" => PutSnapshot(path),
            _ => PutSection(path, body),
        };
    }

    private HttpResponse Patch(string[] path, ReadOnlySpan<byte> body)
    {
        if (body.IsEmpty && path is not ["balloon", "hinting", ..])
        {
            return Refuse("Empty PATCH request.");
        }

        return path[0] switch
        {
            "vm" => PatchState(body),
            "machine-config" => PatchMachine(body),
            "drives" => PatchDrive(CheckedId(path), body),
            "network-interfaces" => PatchNetworkInterface(CheckedId(path), body),
            "balloon" => PatchBalloon(path, body),
            "mmds" => PatchMetadata(body),
            _ => NoSuchEndpoint("PATCH", path),
        };
    }

    private HttpResponse PutSnapshot(string[] path) => path switch
    {
        [_] => Refuse("Missing snapshot operation type."),
        [_, "create" or "load", ..] => Refuse("Snapshots are not supported yet."),
        _ => Refuse($"Invalid request method and/or path: PUT /snapshot/{path[1]}."),
    };

    /// <summary>The parts of a target. Slashes before the first and behind the last do not count, and there is always a part.</summary>
    private static string[] Split(string target)
    {
        string path = target.TrimStart('/');
        return (path.EndsWith('/') ? path[..^1] : path).Split('/');
    }

    /// <summary>The id of the resource that a path names.</summary>
    /// <exception cref="VmConfigException">There is none, or it has other characters than Firecracker takes.</exception>
    private static string CheckedId(string[] path)
    {
        string id = path.Length > 1 ? path[1] : "";
        if (id.Length == 0)
        {
            throw new VmConfigException(path[0], "The ID cannot be empty.");
        }

        return ResourceId.IsValid(id)
            ? id
            : throw new VmConfigException(path[0], "API Resource IDs can only contain alphanumeric characters and underscores.");
    }

    /// <summary>Reads a whole body.</summary>
    /// <exception cref="VmConfigException">It is not what is expected.</exception>
    private static T Read<T>(ReadOnlySpan<byte> body, string section, SectionReader<T> reader)
    {
        try
        {
            var cursor = new JsonCursor(body, section);
            T value = reader(ref cursor);
            cursor.End();
            return value;
        }
        catch (VmConfigException fault) when (fault.ApiText is null)
        {
            throw NotRead(fault);
        }
    }

    private static VmConfigException NotRead(VmConfigException fault) =>
        new(fault.Path, $"An error occurred when deserializing the json body of a request: {fault.Message}.");

    /// <summary>True when the object in <paramref name="body"/>, which was read before, has this field, and not null in it.</summary>
    private static bool HasField(ReadOnlySpan<byte> body, ReadOnlySpan<byte> name)
    {
        var reader = new Utf8JsonReader(body);
        while (reader.Read())
        {
            if (reader.CurrentDepth == 1 && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals(name))
            {
                return reader.Read() && reader.TokenType != JsonTokenType.Null;
            }
        }

        return false;
    }

    private HttpResponse NoSuchEndpoint(string method, string[] path) => Refuse($"Invalid request method and/or path: {method} {path[0]}.");
}
