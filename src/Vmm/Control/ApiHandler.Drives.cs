using MicroVm.Vmm.Control.Http;
using MicroVm.Vmm.Control.Requests;

namespace MicroVm.Vmm.Control;

/// <content>Changes to the drives of a running VM.</content>
internal sealed partial class ApiHandler
{
    private HttpResponse PatchDrive(in HttpRequest request, string id)
    {
        var cursor = new JsonCursor(request.Body, "drives");
        (string bodyId, string? path, RateLimiterConfig? limits) = DriveConfigReader.ReadUpdate(ref cursor);
        cursor.End();
        if (bodyId != id)
        {
            throw new VmConfigException("drives.drive_id", $"\"{id}\" as in the path", $"\"{bodyId}\"");
        }

        foreach (DriveConfig drive in config.Drives)
        {
            if (drive.DriveId == id)
            {
                Change(drive, path, limits);
                return HttpResponse.NoContent;
            }
        }

        return Refuse($"drives: there is no drive \"{id}\"");
    }

    private void Change(DriveConfig drive, string? path, RateLimiterConfig? limits)
    {
        DriveConfig changed = drive;
        if (path is not null)
        {
            vm.ReplaceDisk(drive.DriveId, path);
            changed = changed with { PathOnHost = path };
            config.SetDrive(changed, "drives");
        }

        if (limits is not null)
        {
            vm.SetDriveLimits(drive.DriveId, limits);
            config.SetDrive(changed with { RateLimiter = RateLimiterConfig.Merge(drive.RateLimiter, limits) }, "drives");
        }
    }
}
