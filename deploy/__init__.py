"""One deploy tool for the embedded AWS and for AWS. It knows no app: any folder with an app's three files is one."""
