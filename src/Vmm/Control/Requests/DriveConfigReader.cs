namespace MicroVm.Vmm.Control.Requests;

/// <summary>Reads one of "drives".</summary>
internal static class DriveConfigReader
{
    private const int MaxPartUuidBytes = 64;

    private static readonly string[] s_cacheTypes = [nameof(DriveCacheType.Unsafe), nameof(DriveCacheType.Writeback)];
    private static readonly string[] s_ioEngines = [nameof(DriveIoEngine.Sync), nameof(DriveIoEngine.Async)];
    private static readonly string[] s_updateFields = ["drive_id", "path_on_host", "rate_limiter"];

    private static readonly string[] s_fields =
    [
        "drive_id", "path_on_host", "is_root_device", "is_read_only", "partuuid", "cache_type", "io_engine", "rate_limiter", "socket",
    ];

    /// <exception cref="VmConfigException">A field is unknown, twice, missing, or malformed.</exception>
    internal static DriveConfig Read(ref JsonCursor cursor)
    {
        JsonObjectScope scope = cursor.EnterObject();
        string? id = null, path = null, partUuid = null, root = null;
        bool isRoot = false, isReadOnly = false;
        var cacheType = DriveCacheType.Unsafe;
        var ioEngine = DriveIoEngine.Sync;
        RateLimiterConfig? limiter = null;
        while (cursor.NextField(ref scope, s_fields, out string name))
        {
            switch (name)
            {
                case "drive_id":
                    id = ResourceId.Read(ref cursor);
                    break;
                case "path_on_host":
                    path = cursor.ReadString(HostPath.MaxBytes);
                    break;
                case "is_root_device":
                    root = name;
                    isRoot = cursor.ReadBoolean();
                    break;
                case "is_read_only":
                    isReadOnly = !cursor.IsNull && cursor.ReadBoolean();
                    break;
                case "partuuid":
                    partUuid = cursor.ReadStringOrNull(MaxPartUuidBytes);
                    break;
                case "cache_type":
                    cacheType = (DriveCacheType)cursor.ReadChoice(s_cacheTypes);
                    break;
                case "io_engine":
                    ioEngine = cursor.IsNull ? DriveIoEngine.Sync : (DriveIoEngine)cursor.ReadChoice(s_ioEngines);
                    break;
                case "rate_limiter":
                    limiter = RateLimiterReader.Read(ref cursor);
                    break;
                default:
                    cursor.RefuseUnlessNeutral();
                    break;
            }
        }

        cursor.Required(root, scope, "is_root_device");
        cursor.Required(id, scope, "drive_id");
        cursor.Required(path, scope, "path_on_host");
        return new DriveConfig(id!, path!, isRoot, isReadOnly, partUuid, cacheType, ioEngine, limiter);
    }

    /// <summary>Reads a change of a drive.</summary>
    /// <exception cref="VmConfigException">A field is unknown, twice, missing, or malformed.</exception>
    internal static DriveUpdate ReadUpdate(ref JsonCursor cursor)
    {
        JsonObjectScope scope = cursor.EnterObject();
        string? id = null, path = null;
        RateLimiterConfig? limits = null;
        while (cursor.NextField(ref scope, s_updateFields, out string name))
        {
            switch (name)
            {
                case "drive_id":
                    id = ResourceId.Read(ref cursor);
                    break;
                case "path_on_host":
                    path = cursor.ReadStringOrNull(HostPath.MaxBytes);
                    break;
                default:
                    limits = RateLimiterReader.Read(ref cursor);
                    break;
            }
        }

        return new DriveUpdate(cursor.Required(id, scope, "drive_id"), path, limits);
    }
}
