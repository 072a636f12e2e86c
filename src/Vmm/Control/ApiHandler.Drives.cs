using MicroVm.Vmm.Control.Http;
using MicroVm.Vmm.Control.Requests;

namespace MicroVm.Vmm.Control;

/// <content>The drives of a VM, before and after its start.</content>
internal sealed partial class ApiHandler
{
    private const string OtherDriveId = "The id from the path does not match the id from the body!";

    private HttpResponse PutDrive(string id, ReadOnlySpan<byte> body)
    {
        DriveConfig drive = Read(body, "drives", DriveConfigReader.Read);
        if (drive.DriveId != id)
        {
            return Refuse(OtherDriveId);
        }

        bool isSecondRoot = false;
        foreach (DriveConfig other in config.Drives)
        {
            isSecondRoot |= drive.IsRootDevice && other.IsRootDevice && other.DriveId != id;
        }

        return isSecondRoot && !IsStarted
            ? Refuse("Drive config error: A root block device already exists!")
            : ApplyBeforeStart(() => SetDrive(drive));
    }

    private void SetDrive(DriveConfig drive)
    {
        RequireFile(
            "Drive config error: Unable to create the block device: Error manipulating the backing file:",
            drive.PathOnHost,
            !drive.IsReadOnly,
            $" {drive.PathOnHost}");
        config.SetDrive(drive, "drives");
    }

    private HttpResponse PatchDrive(string id, ReadOnlySpan<byte> body)
    {
        DriveUpdate update = Read(body, "drives", DriveConfigReader.ReadUpdate);
        if (update.DriveId != id)
        {
            return Refuse(OtherDriveId);
        }

        if (!IsStarted)
        {
            return Refuse(NotBeforeStart);
        }

        if (update.PathOnHost is null && update.RateLimiter is null)
        {
            return Refuse(
                "Drive config error: Unable to patch the block device: Running method expected different backend. Please verify the request arguments.");
        }

        foreach (DriveConfig drive in config.Drives)
        {
            if (drive.DriveId == id)
            {
                Change(drive, update.PathOnHost, update.RateLimiter);
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
